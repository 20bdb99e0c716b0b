package bot

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gendan/bot/chat"
)

// longestText is how many characters of a message are read as commands. A longer one is a pasted
// document; nobody dictates that much at once.
const longestText = 4000

// strangerEvery is how often an unknown sender is told how to be let in.
const strangerEvery = 10 * time.Minute

// hear answers a message of a colleague by what it is.
func (t *turn) hear() error {
	m := t.message
	if m.Trouble != "" {
		t.after = append(t.after, func() { t.bot.adviseAdmins(t.ctx, m.Platform, "inbound", m.Trouble) })
		t.say(t.text("withheld", nil))
		return nil
	}
	if handled, err := t.pictured(); handled || err != nil {
		return err
	}
	if handled, err := t.forwarded(); handled || err != nil {
		return err
	}
	switch m.Kind {
	case chat.Enter:
		t.say(t.text("welcome", map[string]any{"Name": t.actor.Name}))
	case chat.TapKind:
		return t.tapped()
	case chat.Text, chat.Mixed, chat.Link:
		return t.typed(m.Text)
	case chat.Voice:
		if strings.TrimSpace(m.Text) == "" {
			t.say(t.text("voice_empty", nil))
			return nil
		}
		return t.typed(m.Text)
	case chat.Image, chat.File, chat.Video, chat.Location, chat.Record:
		t.say(t.text("kind_"+string(m.Kind), map[string]any{"Text": m.Text}))
	default:
		if m.Platform == "wecom" && forwardNames.MatchString(m.Text) {
			t.waysCard("record_not_delivered")
			return nil
		}
		t.say(t.text("kind_unsupported", nil))
	}
	return nil
}

// typed answers what was typed or dictated.
func (t *turn) typed(text string) error {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' })
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0:
		t.say(t.text("empty", nil))
		return nil
	case n > longestText:
		t.say(t.text("too_long", map[string]any{"Count": n, "Most": longestText}))
		return nil
	case !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		t.say(t.text("no_words", nil)) // a sticker, an emoji, a question mark
		return nil
	}
	return t.understand(text)
}

// stranger tells somebody unknown, kindly, how to be let in. Nothing of it enters the CRM.
func (t *turn) stranger() error {
	if last := t.mind.Last; last != nil && t.now.Sub(last.At) < strangerEvery {
		return nil
	}
	t.mind.Last = &receipt{At: t.now}
	id := string(t.message.From)
	if i := strings.IndexByte(id, ':'); i >= 0 {
		id = id[i+1:]
	}
	t.say(t.text("stranger", map[string]any{"Platform": t.message.Platform, "PlatformName": platformName(t.message.Platform), "ID": id, "Name": t.message.FromName}))
	return nil
}

// text makes the message text of that name with the names that every text may use.
func (t *turn) text(name string, data map[string]any) string { return t.bot.say(name, data) }
