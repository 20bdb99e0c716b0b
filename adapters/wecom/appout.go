package wecom

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"gendan/bot/chat"

	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/material"
)

// errNoApp means that the app cannot reach the receiver: none is configured, or it is a group.
var errNoApp = errors.New("wecom: no app, or not a person")

// sendByApp sends r as messages of the self-built app: plain text in parts of 2048 bytes, or a card.
func (a *Adapter) sendByApp(ctx context.Context, t target, r chat.Reply) (chat.MessageID, error) {
	if a.app == nil || t.user == "" || t.chat != "" {
		return "", &chat.SendError{Fault: chat.Unreached, Err: errNoApp}
	}
	text := split(inert(r.Text, textTags), appTextBytes)
	var steps []step
	send := func(msgType string, content any, card string) func(ctx context.Context) (chat.MessageID, error) {
		return func(ctx context.Context) (chat.MessageID, error) {
			sent, err := a.app.send(ctx, t.user, msgType, content)
			if card != "" && seenBefore(err) {
				return "", nil
			}
			if err != nil {
				return "", err
			}
			a.setTrouble("")
			a.codes.sent(ctx, card, sent.ResponseCode)
			return chat.MessageID(sent.MsgID), nil
		}
	}
	cardAlone := false
	if alive(r.Card) {
		c, fits := wholeCard(r.Card, appCard, a.cfg.HomeURL)
		if cardAlone = fits || len(text) == 0; cardAlone {
			steps = append(steps, step{[]string{partCard}, true, send("template_card", c, c.TaskID)})
		}
	}
	if !cardAlone {
		for i, part := range text {
			steps = append(steps, step{[]string{partText(i)}, false, send("text", map[string]string{"content": part}, "")})
		}
		if alive(r.Card) {
			c := bareCard(r.Card, appCard, a.cfg.HomeURL)
			steps = append(steps, step{[]string{partCard}, true, send("template_card", c, c.TaskID)})
		}
	}
	for i, f := range r.Files {
		steps = append(steps, step{[]string{partFile(i)}, false, func(ctx context.Context) (chat.MessageID, error) {
			kind := mediaKind(f.Kind)
			id, err := a.uploads.get(ctx, uploadKey(appDoor, r, i), func(ctx context.Context) (string, error) {
				return a.app.upload(ctx, kind, f.Name, f.Data)
			})
			if err != nil {
				return "", err
			}
			return send(kind, map[string]string{"media_id": id}, "")(ctx)
		}})
	}
	return a.run(ctx, appDoor, t, r.Key, steps)
}

// sentMessage is the platform's receipt.
type sentMessage struct {
	InvalidUser    string `json:"invaliduser"`
	UnlicensedUser string `json:"unlicenseduser"`
	MsgID          string `json:"msgid"`
	ResponseCode   string `json:"response_code"`
}

// send is message/send to one member. A receiver that the platform skips is [chat.Unreached]. There is no
// duplicate check: the platform's compares contents, and two reminders may well read the same.
func (a *api) send(ctx context.Context, user, msgType string, content any) (sentMessage, error) {
	var out sentMessage
	err := a.call(ctx, "message/send", nil, map[string]any{
		"touser": user, "agentid": a.agent, "msgtype": msgType, msgType: content,
	}, &out)
	if err != nil {
		return out, err
	}
	if out.InvalidUser != "" || out.UnlicensedUser != "" {
		e := &chat.SendError{Fault: chat.Unreached, Code: "81013", Err: errors.New("wecom: message/send: member not reached")}
		if out.UnlicensedUser != "" {
			e.Code, e.Advice = "701008", verdicts[701008].advice
		}
		return out, e
	}
	return out, nil
}

// updateCard changes a card that the app sent to user, with a response_code that works once.
func (a *api) updateCard(ctx context.Context, user, code string, card templateCard) error {
	var out struct {
		InvalidUser []string `json:"invaliduser"`
	}
	err := a.call(ctx, "message/update_template_card", nil, map[string]any{
		"userids": []string{user}, "agentid": a.agent, "response_code": code, "template_card": card,
	}, &out)
	if err == nil && len(out.InvalidUser) > 0 {
		err = &APIError{Path: "message/update_template_card", Code: 81013, Msg: "member not reached"}
	}
	return err
}

// upload makes a temporary media_id (3 days) of a file, through the SDK. Names beyond ASCII have been
// refused at times; then the file goes up under a plain one.
func (a *api) upload(ctx context.Context, kind, name string, data []byte) (mediaID string, err error) {
	try := func(name string) error {
		return a.sdk(ctx, func(c *workcontext.Context) error {
			out, err := material.NewClient(c).UploadTempFileFromReader(name, kind, bytes.NewReader(data))
			if err == nil {
				mediaID = out.MediaID
			}
			return err
		})
	}
	err = try(name)
	var refused *APIError
	if errors.As(err, &refused) && !refused.HTTP && verdicts[refused.Code].fault != chat.Retry && !isASCII(name) {
		err = try(plainName(name))
	}
	if err != nil {
		return "", fmt.Errorf("media/upload %s: %w", kind, err)
	}
	return mediaID, nil
}
