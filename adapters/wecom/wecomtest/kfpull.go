package wecomtest

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// emptyEvery is after how many pulls of an account a page comes empty, with more behind it.
const emptyEvery = 4

// KFPulled reports whether a puller that stands at cursor has all that an account's customers said and its messages met with; "" stands
// at the beginning.
func (s *Server) KFPulled(openKFID, cursor string) bool {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	a := s.kf.accounts[openKFID]
	if a == nil {
		return true
	}
	at := 0
	if cursor != "" {
		var ok bool
		if at, ok = kfPlace(cursor, openKFID); !ok {
			return false
		}
	}
	return at >= a.base+len(a.log)
}

// apiKFSync is kf/sync_msg: pages by a cursor, the oldest of three days without one.
func (s *Server) apiKFSync(c *apiCall) (map[string]any, *apiError) {
	var p struct {
		Cursor      string `json:"cursor"`
		Token       string `json:"token"`
		Limit       int    `json:"limit"`
		VoiceFormat int    `json:"voice_format"`
		OpenKFID    string `json:"open_kfid"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	a := s.kf.accounts[p.OpenKFID]
	now := s.Now()
	switch {
	case p.OpenKFID == "":
		return nil, fail(95000, "invalid open_kfid")
	case a == nil:
		return nil, fail(95004, "open_kfid not exist")
	case len(p.Cursor) > 64 || len(p.Token) > 128 || p.Limit < 0 || p.Limit > 1000:
		return nil, fail(40058, "invalid cursor, token or limit")
	}
	if p.Token != "" {
		if until, ok := a.tokens[p.Token]; !ok || !now.Before(until) {
			return nil, fail(95007, "invalid msg token")
		}
	} else if !a.meter.take(now, s.cfg.Limits.KFPulls, -1) {
		return nil, fail(45009, "api freq out of limit")
	}
	from := a.base
	if p.Cursor != "" {
		var ok bool
		if from, ok = kfPlace(p.Cursor, p.OpenKFID); !ok {
			return nil, fail(40058, "invalid cursor")
		}
	}
	end := a.base + len(a.log)
	for from = min(max(from, a.base), end); from < end && now.Sub(a.log[from-a.base].at) >= kfLogLife; {
		from++
	}
	if p.Limit == 0 {
		p.Limit = 1000
	}
	if most := s.cfg.Limits.KFPage; most > 0 {
		p.Limit = min(p.Limit, most)
	}
	to := min(end, from+p.Limit)
	if a.pulls++; a.pulls%emptyEvery == 0 && to > from {
		to = from
	}
	list := make([]json.RawMessage, 0, to-from)
	for _, e := range a.log[from-a.base : to-a.base] {
		list = append(list, e.raw)
	}
	more := 0
	if to < end {
		more = 1
	}
	return map[string]any{"next_cursor": s.kfCursor(p.OpenKFID, to), "has_more": more, "msg_list": list}, nil
}

// kfCursor is opaque, and never twice the same for a place.
func (s *Server) kfCursor(account string, place int) string {
	tail := account[max(0, len(account)-8):]
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(s.ids.next(), 36) + ":" + strconv.Itoa(place) + ":" + tail))
}

func kfPlace(cursor, account string) (int, bool) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(b), ":")
	if err != nil || len(parts) != 3 || !strings.HasSuffix(account, parts[2]) {
		return 0, false
	}
	n, err := strconv.Atoi(parts[1])
	return n, err == nil && n >= 0
}

// apiKFCustomers is kf/customer/batchget: only who was active in the last 48 hours.
func (s *Server) apiKFCustomers(c *apiCall) (map[string]any, *apiError) {
	var p struct {
		List []string `json:"external_userid_list"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	if len(p.List) == 0 || len(p.List) > 100 {
		return nil, fail(40058, "external_userid_list: 1 to 100")
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	now := s.Now()
	found, invalid := []map[string]any{}, []string{}
	for _, id := range p.List {
		active := false
		for _, a := range s.kf.accounts {
			t := a.talks[id]
			active = active || t != nil && (now.Sub(t.heard) < kfWindow || now.Sub(t.welcomed) < kfWindow)
		}
		who := s.kf.customers[id]
		if who == nil || !active {
			invalid = append(invalid, id)
			continue
		}
		one := map[string]any{"external_userid": id, "nickname": who.Name, "avatar": kfAvatar(id), "gender": 0}
		if who.UnionID != "" {
			one["unionid"] = who.UnionID
		}
		found = append(found, one)
	}
	return map[string]any{"customer_list": found, "invalid_external_userid": invalid}, nil
}

// apiKFAccounts is kf/account/list.
func (s *Server) apiKFAccounts(*apiCall) (map[string]any, *apiError) {
	list := []map[string]any{}
	for _, a := range s.KFAccounts() {
		list = append(list, map[string]any{"open_kfid": a.OpenKFID, "name": a.Name, "avatar": kfAvatar(a.OpenKFID), "manage_privilege": true})
	}
	return map[string]any{"account_list": list}, nil
}

// apiKFLink is kf/add_contact_way.
func (s *Server) apiKFLink(c *apiCall) (map[string]any, *apiError) {
	var p struct {
		OpenKFID string `json:"open_kfid"`
		Scene    string `json:"scene"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	switch {
	case s.kf.accounts[p.OpenKFID] == nil:
		return nil, fail(95004, "open_kfid not exist")
	case len(p.Scene) > 32 || !kfPlain(p.Scene):
		return nil, fail(40058, "invalid scene")
	}
	link := "https://work.weixin.qq.com/kfid/kfc" + p.OpenKFID
	if p.Scene != "" {
		link += "?enc_scene=" + base64.RawURLEncoding.EncodeToString([]byte(p.Scene))
	}
	return map[string]any{"url": link}, nil
}

// kfPlain tells whether s has only letters, digits, - and _.
func kfPlain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-')
	})
}

// apiKFServicers is kf/servicer/list.
func (s *Server) apiKFServicers(c *apiCall) (map[string]any, *apiError) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	a := s.kf.accounts[c.query("open_kfid")]
	if a == nil {
		return nil, fail(95004, "open_kfid not exist")
	}
	list := []map[string]any{}
	for _, id := range a.Servicers {
		status := 0
		if a.offDuty[id] {
			status = 1
		}
		list = append(list, map[string]any{"userid": id, "status": status})
	}
	return map[string]any{"servicer_list": list}, nil
}

// apiKFAddServicers is kf/servicer/add.
func (s *Server) apiKFAddServicers(c *apiCall) (map[string]any, *apiError) {
	return s.kfServicers(c, func(a *kfAccount, id string) {
		if !slices.Contains(a.Servicers, id) {
			a.Servicers = append(slices.Clone(a.Servicers), id)
		}
	})
}

// apiKFDropServicers is kf/servicer/del.
func (s *Server) apiKFDropServicers(c *apiCall) (map[string]any, *apiError) {
	return s.kfServicers(c, func(a *kfAccount, id string) {
		a.Servicers = slices.DeleteFunc(slices.Clone(a.Servicers), func(one string) bool { return one == id })
	})
}

func (s *Server) kfServicers(c *apiCall, change func(a *kfAccount, id string)) (map[string]any, *apiError) {
	var p struct {
		OpenKFID string   `json:"open_kfid"`
		Users    []string `json:"userid_list"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	if len(p.Users) == 0 || len(p.Users) > 100 {
		return nil, fail(40058, "userid_list: 1 to 100")
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	a := s.kf.accounts[p.OpenKFID]
	if a == nil {
		return nil, fail(95004, "open_kfid not exist")
	}
	results := []map[string]any{}
	for _, id := range p.Users {
		one := map[string]any{"userid": id, "errcode": 0, "errmsg": "success"}
		if s.org.find(id) == nil {
			one["errcode"], one["errmsg"] = 60111, "userid not found"
		} else {
			change(a, id)
		}
		results = append(results, one)
	}
	return map[string]any{"result_list": results}, nil
}
