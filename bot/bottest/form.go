package bottest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// formPage are the addresses of lead forms, which differ from run to run.
var formPage = regexp.MustCompile(`/f/[A-Z2-7]{16}\b`)

var formToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// fillForm opens the newest lead form in a phone's browser, as somebody who reads text variant does, and fills it in: a name, a
// number, and what they want to know.
func (w *world) fillForm(variant, said string) error {
	var token string
	if err := w.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Get(ctx, &token, `SELECT token FROM campaign_links WHERE form ORDER BY id DESC LIMIT 1`)
	}); err != nil {
		return fmt.Errorf("no form: %w", err)
	}
	path := w.pages() + "/f/" + token
	if variant != "" {
		path += "?v=" + variant
	}
	do := func(form url.Values) (string, error) {
		method, body := http.MethodGet, io.Reader(nil)
		if form != nil {
			method, body = http.MethodPost, strings.NewReader(form.Encode())
		}
		req, err := http.NewRequest(method, path, body)
		if err != nil {
			return "", err
		}
		req.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = res.Body.Close() }()
		page, err := io.ReadAll(res.Body)
		return string(page), err
	}
	page, err := do(nil)
	if err != nil {
		return err
	}
	m := formToken.FindStringSubmatch(page)
	if m == nil {
		return fmt.Errorf("no form on the page: %s", page)
	}
	w.clock.set(w.clock.Now().Add(10 * time.Second)) // typing
	name, rest, _ := strings.Cut(said, " ")
	phone, need, _ := strings.Cut(rest, " ")
	if page, err = do(url.Values{"token": {m[1]}, "name": {name}, "phone": {phone}, "need": {need}, "agreed": {"1"}, "news": {"1"}}); err != nil {
		return err
	}
	if !strings.Contains(page, "收到了") {
		return fmt.Errorf("the form was not taken: %s", page)
	}
	return nil
}
