package wecomtest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
)

// kfAsked is the body of all control calls of customer service. Chat may say both account and customer, as bots name
// a conversation.
type kfAsked struct {
	Chat     string          `json:"chat"`
	Account  string          `json:"account"`
	Customer string          `json:"customer"`
	Servicer string          `json:"servicer"`
	Scene    string          `json:"scene"`
	Param    string          `json:"scene_param"`
	Kind     string          `json:"kind"`
	Text     string          `json:"text"`
	Content  json.RawMessage `json:"content"`
	Lines    []KFLine        `json:"lines"`
	Name     string          `json:"name"`
	Base64   string          `json:"base64"`
	Bubble   string          `json:"bubble"`
	Item     string          `json:"item"`
	ID       string          `json:"id"`
	Do       string          `json:"do"`
	To       string          `json:"to"`
	On       bool            `json:"on"`
	Type     int             `json:"type"`
}

// kfControl serves the customers' and servicers' side over HTTP.
func (s *Server) kfControl(on func(pattern string, h func(r *http.Request) (any, error))) {
	do := func(pattern string, act func(p *kfAsked) (string, error)) {
		on(pattern, func(r *http.Request) (any, error) {
			var p kfAsked
			if err := read(r, &p); err != nil {
				return nil, err
			}
			if account, customer, ok := shortAccount(p.Chat); ok {
				p.Account, p.Customer = account, customer
			}
			id, err := act(&p)
			if err != nil || id == "" {
				return ok, err
			}
			return map[string]string{"msgid": id}, nil
		})
	}
	do("POST kf/enter", func(p *kfAsked) (string, error) { return s.KFEnter(p.Account, p.Customer, p.Scene, p.Param) })
	do("POST kf/say", s.ctlKFSay)
	do("POST kf/file", func(p *kfAsked) (string, error) {
		data, err := base64.StdEncoding.DecodeString(p.Base64)
		if err != nil {
			return "", fmt.Errorf("base64: %w", err)
		}
		return s.KFSend(p.Account, p.Customer, cmp.Or(p.Kind, "file"), p.Name, data)
	})
	do("POST kf/record", func(p *kfAsked) (string, error) { return s.KFForward(p.Account, p.Customer, p.Text, p.Lines) })
	do("POST kf/tap", func(p *kfAsked) (string, error) { return s.KFTap(p.Account, p.Customer, p.Bubble, p.Item) })
	do("POST kf/recall", func(p *kfAsked) (string, error) {
		if p.Servicer != "" {
			return "", s.KFServicerRecall(p.Account, p.Servicer, p.Customer, p.ID)
		}
		return "", s.KFRecall(p.Account, p.Customer, p.ID)
	})
	do("POST kf/fail", func(p *kfAsked) (string, error) { return "", s.KFFail(p.Account, p.Customer, p.Type) })
	do("POST kf/serve", func(p *kfAsked) (string, error) { return s.KFServe(p.Account, p.Servicer, p.Customer, p.Text) })
	do("POST kf/session", func(p *kfAsked) (string, error) {
		return "", s.KFManage(p.Account, p.Servicer, p.Customer, p.Do, p.To)
	})
	do("POST kf/duty", func(p *kfAsked) (string, error) { return "", s.KFDuty(p.Account, p.Servicer, p.On) })
	do("POST kf/reject", func(p *kfAsked) (string, error) { return "", s.KFReject(p.Account, p.Servicer, p.Customer, p.On) })
	on("POST kf/accounts", control(s.AddKFAccount))
	on("POST kf/customers", control(s.AddCustomer))
	on("GET kf", func(*http.Request) (any, error) {
		return map[string]any{"accounts": s.KFAccounts(), "customers": s.Customers()}, nil
	})
	on("GET kf/view", func(r *http.Request) (any, error) {
		q := r.URL.Query()
		session, err := s.KFSessionOf(q.Get("account"), q.Get("customer"))
		if err != nil {
			return nil, err
		}
		seq := s.LastSeq()
		bubbles := s.KFView(q.Get("account"), q.Get("customer"))
		if bubbles == nil {
			bubbles = []Bubble{}
		}
		return map[string]any{"seq": seq, "bubbles": bubbles, "session": session}, nil
	})
}

func (s *Server) ctlKFSay(p *kfAsked) (string, error) {
	if p.Kind != "" && p.Kind != "text" {
		return s.KFRaw(p.Account, p.Customer, p.Kind, p.Content)
	}
	return s.KFSay(p.Account, p.Customer, p.Text)
}
