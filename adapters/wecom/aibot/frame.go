package aibot

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The commands of the protocol. "Respond" ones carry the req_id of the callback they answer.
const (
	cmdSubscribe    = "aibot_subscribe"
	cmdPing         = "ping"
	cmdMessage      = "aibot_msg_callback"
	cmdEvent        = "aibot_event_callback"
	cmdRespond      = "aibot_respond_msg"
	cmdWelcome      = "aibot_respond_welcome_msg"
	cmdUpdate       = "aibot_respond_update_msg"
	cmdPush         = "aibot_send_msg"
	cmdUploadInit   = "aibot_upload_media_init"
	cmdUploadChunk  = "aibot_upload_media_chunk"
	cmdUploadFinish = "aibot_upload_media_finish"
)

// frame is anything on the wire. A request and a callback have a Cmd; an acknowledgement has none, and
// ErrCode tells what became of the request.
type frame struct {
	Cmd     string          `json:"cmd,omitempty"`
	Headers headers         `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
	ErrCode int             `json:"errcode,omitempty"`
	ErrMsg  string          `json:"errmsg,omitempty"`
}

type headers struct {
	ReqID string `json:"req_id,omitempty"`
}

// parseFrame reads one text frame. The platform lets control characters slip into strings, which JSON
// forbids; they are dropped, as the official SDK does, except tab and newline between values.
func parseFrame(data []byte) (frame, error) {
	var f frame
	if err := json.Unmarshal(data, &f); err == nil {
		return f, nil
	}
	f = frame{}
	if err := json.Unmarshal(clean(data), &f); err != nil {
		return frame{}, fmt.Errorf("frame of %d bytes: %w", len(data), err)
	}
	return f, nil
}

// clean drops U+0000 to U+001F except tab and newline, and even those inside strings, where JSON wants
// them escaped.
func clean(data []byte) []byte {
	out := make([]byte, 0, len(data))
	inString, escaped := false, false
	for _, b := range data {
		if b < 0x20 {
			if !inString && (b == '\t' || b == '\n') {
				out = append(out, b)
			} else if inString && b == '\t' {
				out = append(out, `\t`...)
			} else if inString && b == '\n' {
				out = append(out, `\n`...)
			}
			escaped = false
			continue
		}
		switch {
		case escaped:
			escaped = false
		case b == '\\' && inString:
			escaped = true
		case b == '"':
			inString = !inString
		}
		out = append(out, b)
	}
	return out
}

// encode writes a request without escaping <, > and &, which people's texts are full of.
func encode(cmd, reqID string, body any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Cmd     string  `json:"cmd"`
		Headers headers `json:"headers"`
		Body    any     `json:"body,omitempty"`
	}{cmd, headers{reqID}, body})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
