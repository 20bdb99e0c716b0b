package aibot

import (
	"context"
	"encoding/json"
	"fmt"
)

// Body is what an answer or a push may be: msgtype and the object of that name, as in
// Body{"msgtype": "markdown", "markdown": Text{"…"}}. The constructors below make the usual ones.
type Body map[string]any

// Markdown is a push of at most 20480 bytes; answers to messages take a [StreamBody] instead.
func Markdown(content string) Body {
	return Body{"msgtype": "markdown", "markdown": Text{content}}
}

// PlainText is for welcomes only: the platform refuses it elsewhere (40008).
func PlainText(content string) Body {
	return Body{"msgtype": "text", "text": Text{content}}
}

// Card is a template card, its structure as the caller makes it.
func Card(card any) Body {
	return Body{"msgtype": "template_card", "template_card": card}
}

// MediaBody is a file that was uploaded as kind (image, voice, video or file).
func MediaBody(kind, mediaID string) Body {
	return Body{"msgtype": kind, kind: map[string]string{"media_id": mediaID}}
}

// StreamBody is one state of a streaming answer: content replaces what the stream id showed before. A card
// other than nil is attached; the platform takes one per message.
func StreamBody(id, content string, finish bool, card any) Body {
	b := Body{"msgtype": "stream", "stream": map[string]any{"id": id, "finish": finish, "content": content}}
	if card != nil {
		b["msgtype"], b["template_card"] = "stream_with_template_card", card
	}
	return b
}

// ChatType says what kind of chat a push goes to.
type ChatType int

// The kinds of chats.
const (
	Single ChatType = 1
	Group  ChatType = 2
)

// Respond answers a message on its req_id, any number of times within the platform's windows. Errors are
// [*Error] (also [ErrReqID], [ErrWindow]), [ErrOffline], [ErrNoAck] and [ErrBusy].
func (c *Client) Respond(ctx context.Context, reqID string, body Body) error {
	_, err := c.send(ctx, cmdRespond, reqID, body)
	return err
}

// Welcome answers an enter_chat event, within 5 seconds, with [PlainText] or a [Card].
func (c *Client) Welcome(ctx context.Context, reqID string, body Body) error {
	_, err := c.send(ctx, cmdWelcome, reqID, body)
	return err
}

// UpdateCard changes the card whose button was pressed, within 5 seconds of the event; afterwards it can
// never be changed again. In a group userIDs limits who sees the change; none is everybody.
func (c *Client) UpdateCard(ctx context.Context, reqID string, card any, userIDs ...string) error {
	body := map[string]any{"response_type": "update_template_card", "template_card": card}
	if len(userIDs) > 0 {
		body["userids"] = userIDs
	}
	_, err := c.send(ctx, cmdUpdate, reqID, body)
	return err
}

// Push sends to a person (their userid) or a group (its chatid) that has written to the bot before. The
// same push twice is two messages: after [ErrNoAck] nobody can tell whether it arrived.
func (c *Client) Push(ctx context.Context, chatID string, kind ChatType, body Body) error {
	full := Body{"chatid": chatID, "chat_type": kind}
	for k, v := range body {
		full[k] = v
	}
	_, err := c.send(ctx, cmdPush, newReqID(cmdPush), full)
	return err
}

func (c *Client) send(ctx context.Context, cmd, reqID string, body any) (json.RawMessage, error) {
	if reqID == "" {
		return nil, fmt.Errorf("%s: %w", cmd, ErrReqID)
	}
	release, err := c.enter(ctx, reqID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	defer release()
	s := c.current()
	if s == nil {
		return nil, fmt.Errorf("%s: %w", cmd, ErrOffline)
	}
	return s.request(ctx, cmd, reqID, body)
}
