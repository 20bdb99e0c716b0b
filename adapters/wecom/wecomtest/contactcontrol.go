package wecomtest

import (
	"net/http"
	"strconv"
)

// contactControl serves the side of members and customers over HTTP.
func (s *Server) contactControl(on func(pattern string, h func(r *http.Request) (any, error))) {
	on("GET contact", func(*http.Request) (any, error) {
		return map[string]any{"follows": s.Follows(), "customers": s.Customers()}, nil
	})
	on("GET contact/view", func(r *http.Request) (any, error) {
		q := r.URL.Query()
		bubbles := s.ContactView(q.Get("user"), q.Get("customer"))
		if bubbles == nil {
			bubbles = []Bubble{}
		}
		return map[string]any{"seq": s.LastSeq(), "bubbles": bubbles, "received": s.GroupSends(q.Get("customer"))}, nil
	})
	on("GET contact/tasks", func(r *http.Request) (any, error) {
		tasks := s.GroupTasks(r.URL.Query().Get("user"))
		if tasks == nil {
			tasks = []GroupTask{}
		}
		return map[string]any{"tasks": tasks}, nil
	})
	on("POST contact/add", func(r *http.Request) (any, error) {
		var a Adding
		if err := read(r, &a); err != nil {
			return nil, err
		}
		welcome, _, err := s.ContactAdd(a)
		return map[string]string{"welcome_code": welcome}, err
	})
	on("POST contact/follow", control(s.AddFollow))
	on("POST contact/tag", control(s.AddTag))
	on("POST contact/edit", control(func(f Follow) error {
		_, err := s.ContactEdit(f)
		return err
	}))
	type asked struct {
		User     string `json:"user"`
		Customer string `json:"customer"`
		From     string `json:"from"` // say: who of the two; "" is the customer
		Text     string `json:"text"`
		ByMember bool   `json:"by_member"` // leave: the member deletes the customer
		HandedOn bool   `json:"handed_on"` // leave: because a colleague took the customer over
		ID       string `json:"msgid"`     // confirm; "" is the oldest
		On       bool   `json:"on"`
	}
	do := func(pattern string, act func(p asked) error) { on(pattern, control(act)) }
	do("POST contact/say", func(p asked) error {
		if p.From == "" {
			p.From = p.Customer
		}
		return s.ContactSay(p.From, p.User, p.Customer, p.Text)
	})
	do("POST contact/leave", func(p asked) error {
		_, err := s.ContactLeave(p.User, p.Customer, p.ByMember, p.HandedOn)
		return err
	})
	do("POST contact/confirm", func(p asked) error { return s.GroupConfirm(p.User, p.ID) })
	do("POST contact/unlicensed", func(p asked) error { s.SetUnlicensed(p.User, p.On); return nil })
	do("POST contact/console-welcome", func(p asked) error { s.SetConsoleWelcome(p.User, p.On); return nil })
}

// AddFollow makes two contacts without a word to the app, as if it had been so before.
func (s *Server) AddFollow(f Follow) error {
	if _, _, err := s.parties(f.UserID, f.Customer); err != nil {
		return err
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	s.contact.follow(f, s.Now())
	return nil
}

// paged cuts a page of a list out of it; cursor is how many came before.
func paged(list []map[string]any, cursor string, limit, most int) (page []map[string]any, next string, refused *apiError) {
	from := 0
	if cursor != "" {
		var err error
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return nil, "", fail(40035, "invalid cursor")
		}
	}
	if limit < 0 || limit > most {
		return nil, "", fail(40035, "invalid limit")
	}
	if limit == 0 {
		limit = most
	}
	from = min(from, len(list))
	to := min(from+limit, len(list))
	if to < len(list) {
		next = strconv.Itoa(to)
	}
	if page = list[from:to]; page == nil {
		page = []map[string]any{}
	}
	return page, next, nil
}
