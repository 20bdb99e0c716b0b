package wecomtest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ControlPath is below which the control interface of docs/simulator.md stands.
const ControlPath = "/_sim/wecom/"

// controlRoutes serves the people's side over HTTP, for scripts and for the console.
func (s *Server) controlRoutes(mux *http.ServeMux) {
	on := func(pattern string, h func(r *http.Request) (any, error)) {
		method, name, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+ControlPath+name, func(w http.ResponseWriter, r *http.Request) {
			s.learnURL(r)
			if !sameSite(r) {
				http.Error(w, "requests from other sites are refused", http.StatusForbidden)
				return
			}
			result, err := h(r)
			reply(w, result, err)
		})
	}
	on("POST say", s.ctlSay)
	on("POST file", s.ctlFile)
	on("POST tap", s.ctlTap)
	on("POST enter", s.ctlEnter)
	on("POST judge", s.ctlJudge)
	on("GET view", s.ctlView)
	on("GET journal", s.ctlJournal)
	on("GET fault", func(*http.Request) (any, error) { return map[string]any{"faults": s.Faults()}, nil })
	on("POST fault", s.ctlFault)
	on("DELETE fault", func(*http.Request) (any, error) { s.ClearFaults(); return ok, nil })
	on("POST forge", s.ctlForge)
	on("GET people", func(*http.Request) (any, error) {
		return map[string]any{"people": s.People(), "groups": s.Groups()}, nil
	})
	on("POST people", control(s.AddPerson))
	on("POST groups", control(s.AddGroup))
	on("GET clock", func(*http.Request) (any, error) { return map[string]any{"now": s.Now()}, nil })
	on("POST clock", s.ctlClock)
	on("GET config", func(*http.Request) (any, error) { return s.settings(), nil })
	on("POST callback", s.ctlCallback)
	s.kfControl(on)
	s.contactControl(on)
	on("GET counters", func(*http.Request) (any, error) { return s.Counters(), nil })
	on("DELETE counters", func(*http.Request) (any, error) { s.ResetCounters(); return ok, nil })
}

var ok = map[string]bool{"ok": true}

// sameSite keeps web pages of others from driving the simulator on a developer's machine.
func sameSite(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func reply(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
		switch {
		case errors.Is(err, ErrNobody):
			status = http.StatusNotFound
		case errors.Is(err, ErrBusy), errors.Is(err, ErrUndelivered), errors.Is(err, ErrOffline):
			status = http.StatusConflict
		}
		result = map[string]any{"error": map[string]string{"code": strconv.Itoa(status), "message": err.Error()}}
	}
	body, jsonErr := json.Marshal(result)
	if jsonErr != nil {
		http.Error(w, jsonErr.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

func read(r *http.Request, into any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, 2*maxBody))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// control makes a handler of a method that takes one value.
func control[T any](do func(T) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		var v T
		if err := read(r, &v); err != nil {
			return nil, err
		}
		return ok, do(v)
	}
}

// spoken is the body of say and file.
type spoken struct {
	User     string          `json:"user"`
	Text     string          `json:"text"`
	Door     string          `json:"door"`
	Group    string          `json:"group"`
	NoAt     bool            `json:"no_at"`
	Quote    *Quote          `json:"quote"`
	Reply    string          `json:"reply"`
	Kind     string          `json:"kind"` // say: text, voice, chatrecord, or any msgtype with content; file: file, image, video, mixed
	Content  json.RawMessage `json:"content"`
	Location *Location       `json:"location"`
	Link     *Link           `json:"link"`
	Name     string          `json:"name"`
	Base64   string          `json:"base64"`
	Wait     bool            `json:"wait"` // answer when the callback has been delivered
}

func (p *spoken) options() Options {
	return Options{Door: p.Door, Group: p.Group, NoAt: p.NoAt, Quote: p.Quote, Reply: p.Reply}
}

func (s *Server) ctlSay(r *http.Request) (any, error) {
	var p spoken
	if err := read(r, &p); err != nil {
		return nil, err
	}
	var receipt *Receipt
	var err error
	switch {
	case p.Location != nil:
		receipt, err = s.SendLocation(p.User, *p.Location)
	case p.Link != nil:
		receipt, err = s.SendLink(p.User, *p.Link)
	case p.Kind == "voice":
		receipt, err = s.SayVoice(p.User, p.Text, p.options())
	case p.Kind == "chatrecord":
		receipt, err = s.Forward(p.User, p.Text, p.options())
	case p.Kind == "" || p.Kind == "text":
		receipt, err = s.Say(p.User, p.Text, p.options())
	default:
		receipt, err = s.Raw(p.User, p.Kind, p.Content, p.options())
	}
	return receipted(r, p.Wait, receipt, err)
}

// receipted shows a receipt, after the delivery if asked to wait.
func receipted(r *http.Request, wait bool, receipt *Receipt, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	shown := map[string]any{"msgid": receipt.MsgID, "req_id": receipt.ReqID, "bubble": receipt.Bubble}
	if wait {
		d, err := receipt.Wait(r.Context())
		if err != nil {
			return nil, err
		}
		shown["attempts"], shown["status"], shown["reply"] = d.Attempts, d.Status, d.Reply
	}
	return shown, nil
}

// ctlFile takes JSON with base64, or a form with the file itself in the field "file".
func (s *Server) ctlFile(r *http.Request) (any, error) {
	var p spoken
	var data []byte
	if file, head, err := r.FormFile("file"); err == nil {
		defer file.Close()
		if data, err = io.ReadAll(file); err != nil {
			return nil, err
		}
		p = spoken{User: r.FormValue("user"), Text: r.FormValue("text"), Door: r.FormValue("door"), Group: r.FormValue("group"),
			Kind: r.FormValue("kind"), Name: cmp.Or(r.FormValue("name"), head.Filename), Wait: r.FormValue("wait") == "true"}
	} else {
		if err := read(r, &p); err != nil {
			return nil, err
		}
		if data, err = base64.StdEncoding.DecodeString(p.Base64); err != nil {
			return nil, fmt.Errorf("base64: %w", err)
		}
	}
	var receipt *Receipt
	var err error
	switch p.Kind {
	case "", "file":
		receipt, err = s.SendFile(p.User, cmp.Or(p.Name, "file"), data, p.options())
	case "image":
		receipt, err = s.SendImage(p.User, cmp.Or(p.Name, "image.png"), data, p.options())
	case "video":
		receipt, err = s.SendVideo(p.User, cmp.Or(p.Name, "video.mp4"), data, p.options())
	case "mixed":
		receipt, err = s.SendMixed(p.User, p.Text, [][]byte{data}, p.options())
	default:
		err = fmt.Errorf("kind must be file, image, video or mixed")
	}
	return receipted(r, p.Wait, receipt, err)
}

func (s *Server) ctlTap(r *http.Request) (any, error) {
	var p struct {
		User     string              `json:"user"`
		Card     string              `json:"card"`
		Button   string              `json:"button"`
		Selected map[string][]string `json:"selected"`
		Wait     bool                `json:"wait"`
	}
	if err := read(r, &p); err != nil {
		return nil, err
	}
	receipt, err := s.TapSelected(p.User, p.Card, p.Button, p.Selected)
	return receipted(r, p.Wait, receipt, err)
}

func (s *Server) ctlEnter(r *http.Request) (any, error) {
	var p spoken
	if err := read(r, &p); err != nil {
		return nil, err
	}
	receipt, err := s.Enter(p.User, p.Door)
	return receipted(r, p.Wait, receipt, err)
}

func (s *Server) ctlJudge(r *http.Request) (any, error) {
	var p struct {
		User    string `json:"user"`
		Bubble  string `json:"bubble"`
		Verdict int    `json:"verdict"`
		Text    string `json:"text"`
	}
	if err := read(r, &p); err != nil {
		return nil, err
	}
	receipt, err := s.Judge(p.User, p.Bubble, p.Verdict, p.Text)
	return receipted(r, false, receipt, err)
}

func (s *Server) ctlView(r *http.Request) (any, error) {
	q := r.URL.Query()
	if s.org.find(q.Get("user")) == nil {
		return nil, fmt.Errorf("%w: person %q", ErrNobody, q.Get("user"))
	}
	seq := s.LastSeq() // before the view: a change after it is in the next journal
	bubbles := []Bubble{}
	if chat := q.Get("chat"); chat != "" {
		bubbles = append(bubbles, s.ViewChat(q.Get("user"), chat)...)
	} else {
		bubbles = append(bubbles, s.View(q.Get("user"))...)
	}
	return map[string]any{"seq": seq, "bubbles": bubbles}, nil
}

// ctlJournal lists entries after a number, waiting up to a minute for the first if asked to.
func (s *Server) ctlJournal(r *http.Request) (any, error) {
	q := r.URL.Query()
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit <= 0 {
		limit = 1000
	}
	entries, wake := s.journal.since(after, limit)
	if wait, _ := time.ParseDuration(q.Get("wait")); wait > 0 && len(entries) == 0 {
		t := time.NewTimer(min(wait, time.Minute))
		defer t.Stop()
		select {
		case <-wake:
			entries, _ = s.journal.since(after, limit)
		case <-t.C:
		case <-r.Context().Done():
		case <-s.life.Done():
		}
	}
	if entries == nil {
		entries = []Entry{}
	}
	return map[string]any{"last": s.LastSeq(), "entries": entries}, nil
}

func (s *Server) ctlFault(r *http.Request) (any, error) {
	var p struct {
		Fault
		Delay string `json:"delay"`
	}
	if err := read(r, &p); err != nil {
		return nil, err
	}
	if p.Delay != "" {
		var err error
		if p.Fault.Delay, err = time.ParseDuration(p.Delay); err != nil {
			return nil, fmt.Errorf("delay: %w", err)
		}
	}
	switch p.Kind {
	case "drop":
		s.DropConnection()
	case "kick":
		s.KickConnection()
	case "expire-tokens":
		s.ExpireTokens(cmp.Or(p.Code, 42001))
	case FaultDelay, FaultStatus, FaultErrcode, FaultLostAck, FaultDuplicate, FaultReorder, FaultLose, FaultRefuse:
		s.Inject(p.Fault)
	default:
		return nil, fmt.Errorf("unknown fault %q", p.Kind)
	}
	return ok, nil
}

func (s *Server) ctlForge(r *http.Request) (any, error) {
	var p struct{ How, User, Text string }
	if err := read(r, &p); err != nil {
		return nil, err
	}
	status, err := s.Forge(r.Context(), p.How, p.User, p.Text)
	return map[string]any{"status": status}, err
}

func (s *Server) ctlClock(r *http.Request) (any, error) {
	var p struct {
		Advance string `json:"advance"`
	}
	if err := read(r, &p); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(p.Advance)
	if err != nil {
		return nil, fmt.Errorf("advance: %w", err)
	}
	s.AdvanceClock(d)
	return map[string]any{"now": s.Now()}, nil
}

func (s *Server) ctlCallback(r *http.Request) (any, error) {
	var p struct {
		URL string `json:"url"`
	}
	if err := read(r, &p); err != nil {
		return nil, err
	}
	return ok, s.SetCallback(r.Context(), p.URL)
}

// settings are what an adapter needs, under the names of its environment variables.
func (s *Server) settings() map[string]string {
	c := s.cfg
	return map[string]string{
		"WECOM_CORP_ID": c.CorpID, "WECOM_AGENT_ID": strconv.Itoa(c.AgentID), "WECOM_SECRET": c.Secret,
		"WECOM_TOKEN": c.Token, "WECOM_AES_KEY": c.AESKey, "WECOM_BOT_ID": c.BotID, "WECOM_BOT_SECRET": c.BotSecret,
		"WECOM_API_URL": s.APIURL(), "WECOM_WS_URL": s.WSURL(),
	}
}
