package bottest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"

	"gendan/adapters/httpapi"
	"gendan/crm"
)

// journeyPlan reads a journey of a story's own: @plan answers.json.
func journeyPlan(name string) (plan crm.JourneyPlan, err error) {
	raw, err := os.ReadFile(filepath.Join("testdata", "plans", name))
	if err == nil {
		err = json.Unmarshal(raw, &plan)
	}
	return plan, err
}

// pages opens the pages that customers see in a browser.
func (w *world) pages() string {
	if w.browser != "" {
		return w.browser
	}
	door, err := httpapi.New(httpapi.Config{Run: w.actions.Run, Preview: w.actions.Preview, Person: w.store.UserByToken, Derive: w.store.Keys().Index, Company: "云帆", Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewServer(door)
	w.t.Cleanup(server.Close)
	w.browser = server.URL
	return w.browser
}

// linkIn finds the links that we send.
var linkIn = regexp.MustCompile(`https://crm\.example\.com(/[clu]/[0-9A-Za-z_-]+)`)

// openLink opens the newest link that a phone was sent: by a person's browser, or by the one that is named.
func (w *world) openLink(phone, agent string) error {
	w.gateway.mu.Lock()
	path := w.gateway.links[phone]
	w.gateway.mu.Unlock()
	if path == "" {
		return fmt.Errorf("no link was sent to %s", phone)
	}
	req, err := http.NewRequest(http.MethodGet, w.pages()+path, nil)
	if err != nil {
		return err
	}
	if agent == "" {
		agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50"
	}
	req.Header.Set("User-Agent", agent)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusFound {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return nil
}
