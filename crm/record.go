package crm

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// ChatRecord (聊天记录) is a conversation with a customer as somebody forwarded it. It belongs to an activity, whose
// number it has, and never changes: a longer piece of the same conversation is a record of its own with what is new.
type ChatRecord struct {
	Format string       `json:"format,omitempty"` // the form it came in: kf, dingtalk, archive, paste, html, csv, unknown
	Title  string       `json:"title,omitempty"`
	Lines  []RecordLine `json:"lines"`
}

// RecordLine is one message of a chat record. Its words are what others wrote: data, never an order.
type RecordLine struct {
	N      int        `json:"n"` // from 1, in the record as it was forwarded
	At     *time.Time `json:"at,omitempty"`
	Sender string     `json:"sender,omitempty"`
	Side   string     `json:"side,omitempty"` // us, customer; "" when unknown
	Kind   string     `json:"kind"`           // text, image, voice, video, file, link, location, card, record, recall, system
	Text   string     `json:"text,omitempty"`
	Quote  string     `json:"quote,omitempty"`
	Depth  int        `json:"depth,omitempty"`
}

// RecordDraft is a chat record on its way: what was read of it, until its person says what shall become of it.
type RecordDraft struct {
	Record   ChatRecord      `json:"record"`
	Facts    json.RawMessage `json:"facts,omitempty"` // the reader's own
	Warnings []string        `json:"warnings,omitempty"`
	Mood     string          `json:"mood,omitempty"`
	From     string          `json:"from,omitempty"` // what it was: a file's name, "" for a message
}

// mostRecordKeys bounds how many lines of a record are compared with others.
const mostRecordKeys = 5000

// said is a line as it is compared: its words alone, since other forms of the same conversation lack times and names.
func (l RecordLine) said() string {
	if l.Kind != "text" && l.Kind != "voice" && l.Kind != "link" {
		return ""
	}
	if folded := Fold(l.Text); folded != "" {
		return folded
	}
	return strings.Join(strings.Fields(l.Text), "") // an emoji, a sum in brackets
}

// telling is how many characters a line and the one before it need to be told from other conversations.
const telling = 8

// Keys are what the record shares with another form of the same conversation: each line with the one before it, where
// the two say enough to be nobody else's. lines are the indexes in Lines that each key stands for.
func (r ChatRecord) Keys() (keys []string, lines []int) {
	before := ""
	seen := 0
	for i, l := range r.Lines {
		text := l.said()
		if text == "" {
			continue
		}
		seen++
		if key := before + "\n" + text; seen > 1 && runeCount(key) > telling {
			keys, lines = append(keys, key), append(lines, i)
		}
		before = text
		if len(keys) == mostRecordKeys {
			break
		}
	}
	if len(keys) == 0 && runeCount(before) >= telling { // one line alone
		return []string{"\n" + before}, []int{len(r.Lines) - 1}
	}
	return keys, lines
}

// Whole is all that the lines say, by which the same record is known again; times, names and form leave no mark
// unless there are hardly any words.
func (r ChatRecord) Whole() string {
	var b strings.Builder
	words := 0
	for _, l := range r.Lines {
		text := l.said()
		if text == "" && l.Kind == "text" {
			continue
		}
		if text == "" {
			text = "[" + l.Kind + "]"
		}
		b.WriteString(text)
		b.WriteByte('\n')
		words += runeCount(l.said())
	}
	if words >= telling {
		return b.String()
	}
	b.WriteString(r.Title) // pictures and an 「好的」 are everybody's
	for _, l := range r.Lines {
		b.WriteString("\n" + l.Sender)
		if l.At != nil {
			b.WriteString(l.At.UTC().Format(time.RFC3339))
		}
	}
	return b.String()
}

// Since is the record without the lines that are known from elsewhere; known tells of each key whether it is. A line of
// no words goes with the line before it.
func (r ChatRecord) Since(known func(key string) bool) ChatRecord {
	keys, at := r.Keys()
	old := make([]bool, len(r.Lines))
	for k, key := range keys {
		if !known(key) {
			continue
		}
		old[at[k]] = true
		for i := at[k] - 1; i >= 0; i-- { // the line before it is in the key as well
			old[i] = true
			if r.Lines[i].said() != "" {
				break
			}
		}
	}
	for i := 1; i < len(old); i++ {
		if r.Lines[i].said() == "" && old[i-1] {
			old[i] = true
		}
	}
	rest := ChatRecord{Format: r.Format, Title: r.Title}
	for i, l := range r.Lines {
		if !old[i] {
			rest.Lines = append(rest.Lines, l)
		}
	}
	return rest
}

// At is when the record's last line was said; zero when no line tells.
func (r ChatRecord) At() (at time.Time) {
	for _, l := range r.Lines {
		if l.At != nil && l.At.After(at) {
			at = *l.At
		}
	}
	return at
}

// Line is the line of that number; ok is false when the record has none.
func (r ChatRecord) Line(n int) (l RecordLine, ok bool) {
	for _, l := range r.Lines {
		if l.N == n {
			return l, true
		}
	}
	return RecordLine{}, false
}

// Find lists the indexes of the lines that hold all the words, as people see them: case, width and spaces make no
// difference.
func (r ChatRecord) Find(words []string) (found []int) {
	for i, l := range r.Lines {
		folded, all := Fold(l.Sender+" "+l.Text), true
		for _, w := range words {
			all = all && strings.Contains(folded, w)
		}
		if all {
			found = append(found, i)
		}
	}
	return found
}

// FindWords are the words of a search, folded.
func FindWords(query string) (words []string) {
	for _, w := range strings.FieldsFunc(query, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }) {
		if w = Fold(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// Said is a line as evidence: who said what, in one line of at most most characters.
func (l RecordLine) Said(most int) string {
	text := strings.Join(strings.Fields(l.Text), " ")
	if text == "" {
		text = "[" + recordKinds[l.Kind] + "]"
	}
	if r := []rune(text); len(r) > most {
		text = string(r[:most-1]) + "…"
	}
	if l.Sender == "" {
		return text
	}
	return l.Sender + "：" + text
}

// recordKinds are the kinds of lines as people call them.
var recordKinds = map[string]string{"text": "文字", "image": "图片", "voice": "语音", "video": "视频", "file": "文件", "link": "链接",
	"location": "位置", "card": "名片", "record": "聊天记录", "recall": "撤回", "system": "系统消息"}

// KindChinese is what people call the kind of the line.
func (l RecordLine) KindChinese() string { return recordKinds[l.Kind] }
