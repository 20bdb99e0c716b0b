package msgcrypt

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// ErrEnvelope means that a body holds no sealed text where one should be.
var ErrEnvelope = errors.New("msgcrypt: body holds no sealed text")

// FromXML finds the text of the Encrypt element in the body of a callback, with or without CDATA, wherever
// it stands. The rest of the body is not signed and therefore not read. A body without one is [ErrEnvelope].
func FromXML(body []byte) (string, error) {
	return element(body, "Encrypt")
}

// element returns the text of the first element of that name. It is enough for envelopes, whose values
// are base64, hex and digits and need no unescaping.
func element(body []byte, name string) (string, error) {
	_, rest, ok := bytes.Cut(body, []byte("<"+name+">"))
	if !ok {
		return "", ErrEnvelope
	}
	text, _, ok := bytes.Cut(rest, []byte("</"+name+">"))
	if !ok {
		return "", ErrEnvelope
	}
	text = bytes.TrimSpace(text)
	if inner, ok := bytes.CutPrefix(text, []byte("<![CDATA[")); ok {
		if text, ok = bytes.CutSuffix(inner, []byte("]]>")); !ok {
			return "", ErrEnvelope
		}
	}
	if len(text) == 0 || bytes.IndexByte(text, '<') >= 0 {
		return "", ErrEnvelope
	}
	return string(text), nil
}

// FromJSON finds the sealed text in the JSON body of an AI bot's callback.
func FromJSON(body []byte) (string, error) {
	var b struct {
		Encrypt string `json:"encrypt"`
	}
	if err := json.Unmarshal(body, &b); err != nil || b.Encrypt == "" {
		return "", ErrEnvelope
	}
	return b.Encrypt, nil
}

// CallbackXML writes the body that the platform posts to a self-built app; an agent id of 0 is left out.
func CallbackXML(corpID string, agentID int, sealed string) []byte {
	b := make([]byte, 0, 160+len(corpID)+len(sealed))
	b = append(b, "<xml><ToUserName><![CDATA["...)
	b = append(b, corpID...)
	b = append(b, "]]></ToUserName>"...)
	if agentID != 0 {
		b = append(b, "<AgentID><![CDATA["...)
		b = strconv.AppendInt(b, int64(agentID), 10)
		b = append(b, "]]></AgentID>"...)
	}
	b = append(b, "<Encrypt><![CDATA["...)
	b = append(b, sealed...)
	return append(b, "]]></Encrypt></xml>"...)
}

// ReplyXML seals msg as the passive reply of a self-built app (被动回复), complete with its envelope.
func (c *Codec) ReplyXML(msg []byte, timestamp, nonce string) []byte {
	sealed, signature := c.Seal(msg, timestamp, nonce)
	b := make([]byte, 0, 200+len(sealed)+len(nonce))
	b = append(b, "<xml><Encrypt><![CDATA["...)
	b = append(b, sealed...)
	b = append(b, "]]></Encrypt><MsgSignature><![CDATA["...)
	b = append(b, signature...)
	b = append(b, "]]></MsgSignature><TimeStamp>"...)
	b = append(b, timestamp...)
	b = append(b, "</TimeStamp><Nonce><![CDATA["...)
	b = append(b, nonce...)
	return append(b, "]]></Nonce></xml>"...)
}

// OpenReplyXML is the platform's side of [Codec.ReplyXML]: it verifies and opens a passive reply.
func (c *Codec) OpenReplyXML(body []byte) ([]byte, error) {
	var parts [4]string
	for i, name := range [...]string{"MsgSignature", "TimeStamp", "Nonce", "Encrypt"} {
		text, err := element(body, name)
		if err != nil {
			return nil, err
		}
		parts[i] = text
	}
	return c.Open(parts[0], parts[1], parts[2], parts[3])
}
