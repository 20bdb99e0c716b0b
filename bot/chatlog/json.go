package chatlog

import (
	"sort"
	"strings"
)

// maxNesting is how many records inside records are opened.
const maxNesting = 8

// readJSON reads the forms that platforms deliver: one message, a list of them, or one message a line. nil when
// there is no record in it.
func readJSON(text string, o Options) *draft {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return nil
	}
	values, p, ok := looseJSON(trimmed)
	if !ok {
		return nil
	}
	j := &jsonReader{draft: draft{}, cal: newCalendar(o.Now), want: o.Format}
	for _, v := range values {
		j.top(v, 0)
	}
	if j.format == "" || (p.cut || j.cut || p.deep) && j.hollow() {
		return nil
	}
	if p.cut || j.cut {
		j.warn(WarnTruncated)
	}
	if p.deep {
		j.warn(WarnDeep)
	}
	return &j.draft
}

// hollow tells that nobody says anything: there are no lines, or only records in records.
func (j *jsonReader) hollow() bool {
	for _, l := range j.lines {
		if l.Kind != Nested {
			return false
		}
	}
	return true
}

// jsonReader gathers the lines of JSON records.
type jsonReader struct {
	draft
	cal  *calendar
	want Format
	cut  bool // a string of JSON inside the JSON ends in the middle
}

// found notes the format of a record; a file of several forms has that of its first.
func (j *jsonReader) found(f Format, title string) {
	if j.format == "" {
		j.format = f
	}
	if j.title == "" {
		j.title = title
	}
}

// top looks for records in v, a whole message or what wraps messages.
func (j *jsonReader) top(v any, depth int) {
	if depth > 6 {
		return
	}
	if items, ok := v.([]any); ok {
		if j.entries(items) || j.kfMessages(items) {
			return
		}
		for _, x := range items {
			j.top(x, depth+1)
		}
		return
	}
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	switch {
	case object(m["merged_msg"]) != nil:
		j.kf(object(m["merged_msg"]), 0)
	case archiveRecord(m) != nil:
		j.archive(archiveRecord(m), 0)
	case dingTalkRecord(m) != nil:
		j.dingTalk(dingTalkRecord(m), 0)
	case kfItems(m["item"]):
		j.kf(m, 0)
	case archiveItems(m["item"]):
		j.archive(m, 0)
	case m["repliedMsg"] != nil || m["quoteMessage"] != nil:
		j.top(object(first(m, "repliedMsg", "quoteMessage")), depth+1)
	default:
		j.wrapped(m, depth)
	}
}

// wrapped looks into the values of m, in a fixed order.
func (j *jsonReader) wrapped(m map[string]any, depth int) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		switch v := m[k].(type) {
		case map[string]any, []any:
			j.top(v, depth+1)
		case string:
			if k == "content" || k == "text" || k == "data" || k == "body" || k == "message" || k == "msg_content" {
				if inner := object(v); inner != nil {
					j.top(inner, depth+1)
				}
			}
		}
	}
}

// first is the value of the first of the keys that m has.
func first(m map[string]any, keys ...string) any {
	for _, k := range keys {
		if v := m[k]; v != nil {
			return v
		}
	}
	return nil
}

// body decodes a JSON object in a string, noting when it was cut off.
func (j *jsonReader) body(v any) map[string]any {
	s, ok := v.(string)
	if !ok {
		m, _ := v.(map[string]any)
		return m
	}
	if s = strings.TrimSpace(s); !strings.HasPrefix(s, "{") {
		return nil
	}
	values, p, ok := looseJSON(s)
	if !ok {
		return nil
	}
	if p.cut {
		j.cut = true
	}
	m, _ := values[0].(map[string]any)
	return m
}

// torn tells whether an item was cut off before it said anything.
func torn(l *Line, parts ...map[string]any) bool {
	for _, m := range parts {
		if m != nil && partial(m) {
			return l.Text == "" || strings.HasPrefix(l.Text, "[")
		}
	}
	return false
}

// add appends a line. The record inside it follows with one depth more.
func (j *jsonReader) add(l Line, nested func()) {
	if len(j.lines) >= maxLines {
		j.warn(WarnMany)
		return
	}
	j.lines = append(j.lines, l)
	if nested == nil {
		return
	}
	if l.Depth+1 > maxNesting {
		j.warn(WarnDeep)
		return
	}
	nested()
}

// content reads kind and text of a message from its type and its fields.
func (j *jsonReader) content(kind string, body map[string]any) (Kind, string) {
	kind = strings.ToLower(kind)
	if bare := strings.TrimPrefix(kind, "chatrecord"); bare != "" {
		kind = bare
	}
	switch kind {
	case "text", "markdown", "markdown_v2", "":
		return textOf(body)
	case "image", "picture", "photo", "emotion", "sticker", "emoji", "pic", "img":
		return Image, caption(body)
	case "voice", "audio", "meeting_voice_call":
		return Voice, str(body, "recognition", "transcript", "voice_text", "text", "translation", "asr", "content")
	case "video", "shortvideo":
		return Video, caption(body)
	case "file", "doc", "docmsg", "document", "voip_doc_share", "dingpan", "space_file":
		return File, str(body, "filename", "fileName", "file_name", "title", "name", "content", "text")
	case "link", "news", "info", "weapp", "miniprogram", "mini_program", "sphfeed", "channels", "channels_shop_product", "channels_shop_order", "share", "oa", "actioncard", "url", "article":
		return Link, linkTitle(body)
	case "location", "position", "geo":
		return Location, place(body)
	case "card", "business_card", "namecard", "contact", "contact_card":
		return Card, str(body, "name", "nickname", "nickName", "display_name", "corpname", "corp_name", "title", "content", "text")
	case "merged_msg", "chatrecord", "record", "mergedmsg", "forward", "merged", "chat_record":
		return Nested, str(body, "title")
	case "mixed", "richtext", "rich_text":
		return j.mixed(body)
	case "revoke", "recall", "withdraw":
		return Recall, str(body, "content", "text", "tip", "message")
	case "system", "event", "sys", "tip", "notice", "agree", "disagree", "switch":
		s := str(body, "content", "text", "tip", "message", "event_type")
		if k, ok := notice(s); ok {
			return k, s
		}
		return System, s
	}
	_, s := textOf(body)
	if s == "" {
		s = str(body, "title", "topic", "wish", "votetitle", "head_content", "desc", "description", "name", "recognition", "fileName", "filename")
	}
	if s == "" {
		s = "[" + kind + "]"
	}
	return Text, s
}

// textOf is the text of a text message; a placeholder in it says what it really was.
func textOf(body map[string]any) (Kind, string) {
	s := str(body, "content", "text", "message", "body", "title", "msg")
	if s == "" {
		if inner := object(first(body, "text", "content", "message", "body", "markdown")); inner != nil {
			s = str(inner, "content", "text", "title", "message")
		}
	}
	return classify(strings.TrimSpace(unifyBreaks(s)))
}

func caption(body map[string]any) string {
	return str(body, "filename", "fileName", "file_name", "name", "title", "caption")
}

func linkTitle(body map[string]any) string {
	if s := str(body, "title", "name", "displayname", "nickname", "topic"); s != "" {
		return s
	}
	if items, ok := list(body["item"]); ok && len(items) > 0 {
		if m := object(items[0]); m != nil {
			return str(m, "title", "description", "url")
		}
	}
	return str(body, "desc", "description", "text", "content", "link_url", "url", "messageUrl", "feed_desc", "sph_name", "product_titles")
}

// place is a location's name and address, once when one holds the other.
func place(body map[string]any) string {
	name, address := str(body, "name", "title", "poiname", "locationName"), str(body, "address", "addr", "label", "content", "text")
	switch {
	case name == "" || strings.Contains(address, name):
		return address
	case address == "" || strings.Contains(name, address):
		return name
	}
	return name + " " + address
}

// mixed joins the parts of a message that has several.
func (j *jsonReader) mixed(body map[string]any) (Kind, string) {
	items, ok := list(first(body, "item", "items", "richText", "richTextList", "content", "mixed", "parts"))
	if !ok {
		if inner := object(first(body, "richText", "mixed", "content")); inner != nil {
			items, _ = list(first(inner, "item", "items", "richText", "richTextList"))
		}
	}
	var texts []string
	kind := Kind("")
	for _, it := range items {
		m := object(it)
		if m == nil {
			if s, ok := it.(string); ok {
				texts = append(texts, s)
			}
			continue
		}
		part := m
		if inner := j.body(m["content"]); inner != nil {
			part = inner
		}
		t := str(m, "type", "msgType", "msgtype")
		if t == "" && (m["downloadCode"] != nil || m["pictureDownloadCode"] != nil) {
			t = "picture"
		}
		if strings.EqualFold(t, "at") {
			texts = append(texts, "@"+strings.TrimPrefix(str(m, "atName", "name", "text", "content"), "@"))
			continue
		}
		k, s := j.content(t, part)
		if s != "" {
			texts = append(texts, s)
		}
		if k != Text && kind == "" {
			kind = k
		}
	}
	text := strings.TrimSpace(strings.Join(texts, "\n"))
	if text == "" && kind != "" {
		return kind, ""
	}
	if text == "" {
		return textOf(body)
	}
	return Text, text
}

func unifyBreaks(s string) string {
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return s
}
