package wecom

import (
	"strings"

	"gendan/bot/chat"
)

const (
	kfTextBytes = 2048 // of a text
	kfHeadBytes = 1024 // of a menu's words above its entries; below them the same is assumed
	kfItemBytes = 128  // of an entry's id and of its words
	kfMenuMost  = 10   // entries that can be tapped
)

// kfMenu is what msgmenu takes.
type kfMenu struct {
	Head string       `json:"head_content,omitempty"`
	List []kfMenuItem `json:"list"`
	Tail string       `json:"tail_content,omitempty"`
}

type kfMenuItem struct {
	Type  string   `json:"type"` // "click"
	Click kfMenuID `json:"click"`
}

type kfMenuID struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// kfTapMark stands between card and button in an entry's id; no card's id has one.
const kfTapMark = ":"

// kfTapped reads the id of a tapped entry of our menus. A menu of a colleague's, or of the platform's settings,
// has other ids: that tap is the entry's words.
func kfTapped(id string) (card, button string, ok bool) {
	card, button, ok = strings.Cut(id, kfTapMark)
	return card, button, ok && button != "" && taskID.MatchString(card)
}

// kfMenuOf lays out card as a menu of its buttons; ok is false where there is nothing to tap. whole tells that
// the menu says all that the card does.
func kfMenuOf(c *chat.Card) (m kfMenu, whole, ok bool) {
	if !alive(c) || len(c.Buttons) == 0 || !taskID.MatchString(c.ID) {
		return m, false, false
	}
	whole = true
	for _, b := range c.Buttons {
		id := c.ID + kfTapMark + b.Key
		words, fits := clipBytes(b.Text, kfItemBytes)
		if len(id) > kfItemBytes || words == "" || len(m.List) == kfMenuMost {
			whole = false
			continue
		}
		whole = whole && fits
		m.List = append(m.List, kfMenuItem{Type: "click", Click: kfMenuID{ID: id, Content: words}})
	}
	head := []string{c.Title, c.Body}
	for _, f := range c.Fields {
		if f.Old != "" {
			head = append(head, f.Name+"："+f.Old+" → "+f.Value)
			continue
		}
		head = append(head, f.Name+"："+f.Value)
	}
	var fits bool
	if m.Head, fits = clipBytes(inert(lines(head...), textTags), kfHeadBytes); !fits {
		whole = false
	}
	if m.Tail, fits = clipBytes(inert(c.Note, textTags), kfHeadBytes); !fits {
		whole = false
	}
	return m, whole, len(m.List) > 0
}

// clipBytes cuts s to at most n bytes between two runes, the last an ellipsis; whole is false when something was
// lost.
func clipBytes(s string, n int) (short string, whole bool) {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "")
	if len(s) <= n {
		return s, true
	}
	const ellipsis = "…"
	cut := n - len(ellipsis)
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return strings.TrimRight(s[:cut], " \n") + ellipsis, false
}
