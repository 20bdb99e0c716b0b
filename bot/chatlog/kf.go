package chatlog

import "strings"

// kf reads a merged_msg of WeChat customer service: items with a display name and a message as a JSON string.
func (j *jsonReader) kf(m map[string]any, depth int) {
	if depth == 0 {
		j.found(KF, str(m, "title"))
	}
	items, ok := list(first(m, "item", "items", "msg_list"))
	if !ok {
		return
	}
	for _, v := range items {
		it := object(v)
		if it == nil {
			j.warn(WarnSkipped)
			continue
		}
		j.kfItem(it, depth)
	}
}

func (j *jsonReader) kfItem(it map[string]any, depth int) {
	name, self := cleanName(str(it, "sender_name", "senderName", "sender", "nickname", "name"))
	kind := str(it, "msgtype", "msg_type", "type")
	outer := j.body(first(it, "msg_content", "content"))
	if outer == nil {
		outer = it
		if s := str(it, "msg_content", "content"); s != "" {
			outer = map[string]any{"content": s}
		}
	}
	if t := str(outer, "msgtype"); t != "" && kind == "" {
		kind = t
	}
	body := outer
	if inner := j.body(outer[kind]); inner != nil {
		body = inner
	}
	k, text := j.content(kind, body)
	l := Line{Sender: name, Kind: k, Text: unifyBreaks(text), Depth: depth, At: instant(str(it, "send_time", "sendTime", "time", "create_time"), j.cal)}
	if self {
		l.Side = Us
	}
	takeQuote(&l)
	var nested func()
	if k == Nested {
		if rec := j.body(first(outer, "merged_msg", kind)); rec != nil {
			nested = func() { j.kf(rec, depth+1) }
		} else if body["item"] != nil {
			nested = func() { j.kf(body, depth+1) }
		}
	}
	if torn(&l, it, outer, body) && nested == nil {
		return
	}
	if k == Text && l.Text == "" {
		j.warn(WarnSkipped)
		return
	}
	j.add(l, nested)
}

// kfMessages reads the messages of an account themselves: their origin says whose they are. One alone is a
// message and no record.
func (j *jsonReader) kfMessages(items []any) bool {
	n := 0
	for _, v := range items {
		if m := object(v); m != nil && m["msgtype"] != nil && m["origin"] != nil && m["send_time"] != nil && m["merged_msg"] == nil {
			n++
		}
	}
	if n < 2 || n*2 < len(items) {
		return false
	}
	j.found(KF, "")
	for _, v := range items {
		m := object(v)
		if m == nil || str(m, "msgtype") == "event" {
			continue
		}
		if rec := object(m["merged_msg"]); rec != nil {
			j.kf(rec, 0)
			continue
		}
		kind := str(m, "msgtype")
		body := j.body(m[kind])
		if body == nil {
			body = map[string]any{}
		}
		k, text := j.content(kind, body)
		l := Line{Kind: k, Text: text, At: instant(str(m, "send_time"), j.cal), Sender: str(m, "servicer_userid")}
		switch str(m, "origin") {
		case "3":
			l.Side = Customer
		case "5":
			l.Side = Us
		}
		takeQuote(&l)
		if torn(&l, m, body) || k == Text && l.Text == "" {
			continue
		}
		j.add(l, nil)
	}
	return true
}

// kfItems recognises the items of a merged_msg that lost its wrapping.
func kfItems(v any) bool {
	items, ok := list(v)
	if !ok || len(items) == 0 {
		return false
	}
	m := object(items[0])
	return m != nil && m["sender_name"] != nil && (m["msg_content"] != nil || m["msgtype"] != nil)
}

// archive reads a chatrecord of WeCom's conversation archive: items without senders.
func (j *jsonReader) archive(m map[string]any, depth int) {
	if depth == 0 {
		j.found(Archive, str(m, "title"))
	}
	items, ok := list(m["item"])
	if !ok {
		return
	}
	for _, v := range items {
		it := object(v)
		if it == nil {
			j.warn(WarnSkipped)
			continue
		}
		kind := str(it, "type", "msgtype")
		body := j.body(it["content"])
		if body == nil {
			body = map[string]any{"content": str(it, "content", "text")}
		}
		bare := strings.TrimPrefix(strings.ToLower(kind), "chatrecord")
		if inner := j.body(body[bare]); inner != nil && bare != "" {
			body = inner
		}
		k, text := j.content(kind, body) // ChatRecord alone is a record in the record
		l := Line{Kind: k, Text: unifyBreaks(text), Depth: depth, At: instant(str(it, "msgtime", "msg_time", "time"), j.cal)}
		takeQuote(&l)
		var nested func()
		if rec := nestedArchive(body); k == Nested && rec != nil {
			nested = func() { j.archive(rec, depth+1) }
		}
		if torn(&l, it, body) && nested == nil {
			continue
		}
		if k == Text && l.Text == "" {
			j.warn(WarnSkipped)
			continue
		}
		j.add(l, nested)
	}
}

func nestedArchive(body map[string]any) map[string]any {
	if body["item"] != nil {
		return body
	}
	for _, key := range [...]string{"chatrecord", "chatRecord", "content"} {
		if inner := object(body[key]); inner != nil && inner["item"] != nil {
			return inner
		}
	}
	return nil
}

// archiveRecord is the chatrecord of an archive message, nil when m is none.
func archiveRecord(m map[string]any) map[string]any {
	rec := object(m["chatrecord"])
	if rec != nil && (rec["item"] != nil || m["msgtime"] != nil || str(m, "msgtype") == "chatrecord") {
		return rec
	}
	return nil
}

// archiveItems recognises the items of a chatrecord that lost its wrapping.
func archiveItems(v any) bool {
	items, ok := list(v)
	if !ok || len(items) == 0 {
		return false
	}
	m := object(items[0])
	return m != nil && strings.HasPrefix(str(m, "type"), "ChatRecord")
}
