package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"
)

// Download fetches an attachment of at most max bytes: the bot's within 5 minutes of the message, the app's
// within 3 days.
func (a *Adapter) Download(ctx context.Context, at chat.Attachment, max int64) ([]byte, error) {
	f, err := a.Fetch(ctx, at, max)
	if errors.Is(err, aibot.ErrTooLarge) {
		err = &chat.SendError{Fault: chat.Rejected, Code: "tooLarge", Err: err}
	}
	return f.Data, err
}

// Fetch is Download with the file's name, which the AI bot's platform tells only then.
func (a *Adapter) Fetch(ctx context.Context, at chat.Attachment, max int64) (aibot.File, error) {
	var h fileHandle
	if err := json.Unmarshal(at.Handle, &h); err != nil {
		return aibot.File{}, fmt.Errorf("wecom: attachment: %w", err)
	}
	switch {
	case h.Door == botDoor && h.URL != "":
		return a.files.Fetch(ctx, aibot.Media{URL: h.URL, AESKey: h.Key}, max)
	case h.Door == appDoor && h.Media != "" && a.app != nil:
		return a.app.media(ctx, h.Media, max)
	}
	return aibot.File{}, errors.New("wecom: attachment is of a door that is not configured")
}

// media streams media/get. The SDK's would read any size into memory first. A refusal comes as JSON with
// HTTP 200.
func (a *api) media(ctx context.Context, id string, max int64) (f aibot.File, err error) {
	const p = "media/get"
	err = a.withToken(ctx, func(token string) error {
		resp, done, err := a.do(ctx, p, url.Values{"media_id": {id}}, token, nil)
		if err != nil {
			return err
		}
		defer done()
		data, err := io.ReadAll(io.LimitReader(resp.Body, max+1))
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		disposition := resp.Header.Get("Content-Disposition")
		if disposition == "" && strings.Contains(resp.Header.Get("Content-Type"), "json") {
			if err := decodeAnswer(p, data, nil); err != nil {
				return err
			}
		}
		if int64(len(data)) > max {
			return aibot.ErrTooLarge
		}
		f = aibot.File{Name: aibot.FileName(disposition), Data: data}
		return nil
	})
	return f, err
}
