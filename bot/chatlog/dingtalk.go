package chatlog

import (
	"strings"
)

// dingTalkRecord is the content of a DingTalk chatRecord message, in any of its observed shapes; nil when m is
// none.
func dingTalkRecord(m map[string]any) map[string]any {
	kind := strings.ToLower(str(m, "msgtype", "msgType", "type"))
	if content := object(m["content"]); content != nil {
		if inDingTalk(content) || kind == "chatrecord" {
			if inner := object(content["chatRecord"]); inner != nil {
				return inner
			}
			return content
		}
	}
	if kind == "chatrecord" || inDingTalk(m) {
		if s, ok := m["content"].(string); ok && m["chatRecord"] == nil {
			if _, isList := list(s); isList {
				return map[string]any{"chatRecord": s}
			}
			if strings.TrimSpace(s) != "" && !strings.HasPrefix(strings.TrimSpace(s), "{") {
				return map[string]any{"summary": s}
			}
		}
		if v := first(m, "chatRecord"); v != nil {
			if inner := object(v); inner != nil {
				return inner
			}
		}
		return m
	}
	if text := object(m["text"]); text != nil && object(text["repliedMsg"]) != nil {
		return dingTalkRecord(object(text["repliedMsg"]))
	}
	return nil
}

// inDingTalk recognises the content of a chatRecord by its keys.
func inDingTalk(m map[string]any) bool {
	if _, ok := list(m["chatRecord"]); ok {
		return true
	}
	if object(m["chatRecord"]) != nil && m["item"] == nil {
		return true
	}
	for _, k := range [...]string{"records", "messages"} {
		if items, ok := list(m[k]); ok && dingTalkEntries(items) {
			return true
		}
	}
	if m["summary"] == nil {
		return false
	}
	if _, ok := list(m["summary"]); ok {
		return true
	}
	return strings.Contains(str(m, "title"), "聊天记录")
}

// dingTalkEntries recognises the entries of a chatRecord.
func dingTalkEntries(items []any) bool {
	if len(items) == 0 {
		return false
	}
	m := object(items[0])
	if m == nil {
		return false
	}
	who := first(m, "senderName", "senderNick", "sender", "senderId", "nick") != nil
	said := first(m, "content", "text", "message", "body", "downloadCode", "recognition", "fileName") != nil
	return who && said
}

// entries reads a list of messages without any wrapping.
func (j *jsonReader) entries(items []any) bool {
	if !dingTalkEntries(items) {
		return false
	}
	if m := object(items[0]); m["merged_msg"] != nil || m["chatrecord"] != nil || m["chatRecord"] != nil || dingTalkRecord(m) != nil {
		return false // a list of records
	}
	j.dingTalk(map[string]any{"chatRecord": items}, 0)
	return true
}

// summed is one entry of a summary.
type summed struct{ name, text, whole string }

// dingTalk reads a chatRecord: entries without names, and a summary of "name:text" that has them. The two are
// matched by position, and by their words where the server cut the entries.
func (j *jsonReader) dingTalk(m map[string]any, depth int) {
	if depth == 0 {
		j.found(DingTalk, str(m, "title"))
	}
	entries, _ := list(first(m, "chatRecord", "records", "messages", "chatRecords", "recordList", "list"))
	summary := j.summary(m["summary"])
	lines := make([]*Line, 0, len(entries))
	nested := make([]func(), 0, len(entries))
	ids := make([]string, 0, len(entries))
	for _, v := range entries {
		l, open, id, ok := j.dingTalkEntry(v, depth)
		if !ok {
			j.warn(WarnSkipped)
			continue
		}
		lines, nested, ids = append(lines, &l), append(nested, open), append(ids, id)
	}
	extra := nameBySummary(lines, ids, summary)
	if len(entries) == 0 && len(summary) > 0 {
		j.warn(WarnSummed)
	}
	for i := 0; i <= len(lines); i++ {
		for _, s := range extra[i] {
			if len(entries) > 0 {
				j.warn(WarnSummary)
			}
			k, text := classify(s.text)
			l := Line{Sender: s.name, Kind: k, Text: text, Depth: depth}
			takeQuote(&l)
			j.add(l, nil)
		}
		if i < len(lines) {
			j.add(*lines[i], nested[i])
		}
	}
}

// dingTalkEntry reads one entry; ok is false when nothing in it can be read.
func (j *jsonReader) dingTalkEntry(v any, depth int) (l Line, nested func(), id string, ok bool) {
	if s, isText := v.(string); isText && object(v) == nil {
		if strings.TrimSpace(s) == "" {
			return l, nil, "", false
		}
		sum := splitSaid(s)
		l.Kind, l.Text = classify(sum.text)
		l.Sender, l.Depth = sum.name, depth
		return l, nil, "", true
	}
	m := object(v)
	if m == nil {
		return l, nil, "", false
	}
	sender := str(m, "senderName", "senderNick", "nick", "nickName", "name")
	if sender == "" {
		if who := object(m["sender"]); who != nil {
			sender = str(who, "name", "nick", "nickName", "senderNick")
		} else {
			sender = str(m, "sender", "from", "fromName")
		}
	}
	name, self := cleanName(sender)
	kind := str(m, "msgType", "msgtype", "type", "messageType")
	body := j.body(first(m, "content", "text", "message", "body"))
	if body == nil {
		body = m
		if s := str(m, "content", "text", "message", "body"); s != "" {
			body = map[string]any{"content": s, "fileName": first(m, "fileName", "filename"), "recognition": m["recognition"], "title": m["title"]}
			if items, isList := list(s); isList && strings.EqualFold(kind, "richText") {
				body["richText"] = items
			}
		}
	}
	if items, isList := m["content"].([]any); isList {
		body = map[string]any{"richText": items}
		if kind == "" || kind == "text" {
			kind = "richText"
		}
	}
	if kind == "" {
		kind = guessKind(m, body)
	}
	k, text := j.content(kind, body)
	if k != Text && k != System && k != Recall && strings.HasPrefix(text, "[") { // "[文件] 报价.pdf" as the content of a file
		if same, inner := classify(text); same == k {
			text = inner
		}
	}
	if text == "" && k == File {
		text = str(m, "fileName", "filename")
	}
	if text == "" && k == Voice {
		text = str(m, "recognition")
	}
	l = Line{Sender: name, Kind: k, Text: unifyBreaks(text), Depth: depth,
		At: instant(str(m, "createAt", "createTime", "time", "sendTime", "createdAt", "msgTime", "timestamp"), j.cal)}
	if self {
		l.Side = Us
	}
	takeQuote(&l)
	if k == Nested {
		rec := body
		if inner := dingTalkRecord(m); inner != nil {
			rec = inner
		}
		if l.Text == "" {
			l.Text = str(rec, "title")
		}
		nested = func() { j.dingTalk(rec, depth+1) }
	}
	return l, nested, str(m, "senderId", "senderStaffId", "openId", "userId"), (k != Text || l.Text != "") && !(nested == nil && torn(&l, m, body))
}

// guessKind says what an entry without a type is.
func guessKind(m, body map[string]any) string {
	switch {
	case first(m, "chatRecord", "records") != nil || first(body, "chatRecord", "records") != nil:
		return "chatRecord"
	case first(body, "richText") != nil:
		return "richText"
	case first(m, "recognition", "duration") != nil || first(body, "recognition") != nil:
		return "audio"
	case first(m, "fileName") != nil || first(body, "fileName") != nil:
		return "file"
	case first(m, "content", "text", "message", "body") != nil && first(body, "downloadCode") == nil:
		return "text"
	case first(m, "downloadCode") != nil || first(body, "downloadCode") != nil:
		return "picture"
	}
	return "text"
}

// summary reads the summary: a list, a list in a string, or lines.
func (j *jsonReader) summary(v any) []summed {
	var out []summed
	if items, ok := list(v); ok {
		for _, it := range items {
			s, isText := it.(string)
			if !isText {
				if m := object(it); m != nil {
					s = str(m, "senderName", "senderNick", "name") + ":" + str(m, "content", "text")
				}
			}
			if s = strings.TrimSpace(unifyBreaks(s)); s != "" && s != ":" {
				out = append(out, splitSaid(s))
			}
		}
		return out
	}
	s, _ := v.(string)
	if strings.HasPrefix(strings.TrimSpace(s), "[\"") { // a list that is no JSON any more
		j.cut = true
	}
	for line := range strings.SplitSeq(unifyBreaks(s), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		x := splitSaid(line)
		if x.name == "" && len(out) > 0 { // the second line of a message
			out[len(out)-1].text += "\n" + line
			out[len(out)-1].whole += "\n" + line
			continue
		}
		out = append(out, x)
	}
	return out
}

// splitSaid splits "name:text".
func splitSaid(s string) summed {
	i, w := strings.Index(s, ":"), 1
	if f := strings.Index(s, "："); f >= 0 && (i < 0 || f < i) {
		i, w = f, len("：")
	}
	if i <= 0 || !mayBeName(plain(s[:i])) {
		return summed{text: s, whole: s}
	}
	name, _ := cleanName(s[:i])
	return summed{name: name, text: strings.TrimSpace(s[i+w:]), whole: s}
}

// maxCut is how many entries in a row the server may have cut out of the middle of a record.
const maxCut = 60

// nameBySummary gives the lines their names from the summary, and returns what only the summary has by the
// line it comes before.
func nameBySummary(lines []*Line, ids []string, summary []summed) map[int][]summed {
	extra := map[int][]summed{}
	known := map[string]string{} // sender id → name
	next := 0
	for i, l := range lines {
		at := -1
		for k := next; k < min(len(summary), next+maxCut); k++ {
			if saidBy(summary[k], l) {
				at = k
				break
			}
		}
		switch {
		case at < 0 && len(summary)-next == len(lines)-i && next < len(summary): // worded differently, but of equal length
			at = next
		case at < 0:
			continue
		case at > next && len(summary)-at < len(lines)-i && len(summary) <= len(lines): // a later twin
			at = next
		}
		extra[i] = append(extra[i], summary[next:at]...)
		next = at + 1
		name := nameFor(summary[at], l)
		if l.Sender == "" {
			l.Sender = name
		}
		if ids[i] != "" && known[ids[i]] == "" {
			known[ids[i]] = l.Sender
		}
	}
	extra[len(lines)] = append(extra[len(lines)], summary[next:]...)
	for i, l := range lines {
		if l.Sender == "" && ids[i] != "" {
			l.Sender = known[ids[i]]
		}
	}
	return extra
}

// nameFor is the sender in front of the words of l: a name may hold a colon itself.
func nameFor(s summed, l *Line) string {
	if l.Kind == Text && l.Text != "" {
		if head, ok := strings.CutSuffix(s.whole, l.Text); ok {
			if head = strings.TrimSpace(head); strings.HasSuffix(head, ":") || strings.HasSuffix(head, "：") {
				name, _ := cleanName(strings.TrimRight(head, ":： "))
				return name
			}
		}
	}
	return s.name
}

// saidBy tells whether a summary entry shows the line: the same words, shortened words, or a placeholder of its
// kind.
func saidBy(s summed, l *Line) bool {
	if l.Sender != "" && s.name != "" && foldName(l.Sender) != foldName(s.name) {
		return false
	}
	k, text := classify(s.text)
	if l.Kind != Text {
		return k == l.Kind || l.Text != "" && strings.Contains(s.text, l.Text)
	}
	if strings.HasSuffix(s.whole, l.Text) || text == l.Text {
		return true
	}
	if short := strings.TrimRight(s.text, ".…"); short != s.text && short != "" && strings.HasPrefix(oneLine(l.Text), oneLine(short)) {
		return true
	}
	return oneLine(s.text) == oneLine(l.Text)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
