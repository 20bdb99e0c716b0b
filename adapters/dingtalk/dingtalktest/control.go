package dingtalktest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxWait bounds how long a journal request waits for an entry.
const maxWait = 60 * time.Second

// controlRoutes mounts the control interface, which does over HTTP what the Go methods do.
func (s *Server) controlRoutes(m *http.ServeMux) {
	post := func(name string, f func(b []byte) (any, error)) {
		m.HandleFunc("POST /_sim/dingtalk/"+name, func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(io.LimitReader(r.Body, 32<<20))
			if err != nil {
				return
			}
			if len(b) == 0 {
				b = []byte("{}")
			}
			out, err := f(b)
			if err != nil {
				writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
				return
			}
			writeJSON(w, http.StatusOK, out)
		})
	}
	post("say", s.controlSay)
	post("send", s.controlSend)
	post("tap", s.controlTap)
	post("dtmd", func(b []byte) (any, error) {
		var in struct{ User, Group, MessageID, Link string }
		if err := json.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		return s.Dtmd(in.User, in.Group, in.MessageID, in.Link)
	})
	post("event", func(b []byte) (any, error) {
		var in struct {
			EventType string          `json:"eventType"`
			Data      json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		if in.Data == nil {
			in.Data = json.RawMessage("{}")
		}
		id, err := s.Event(in.EventType, in.Data)
		return map[string]string{"eventId": id}, err
	})
	post("read", func(b []byte) (any, error) {
		var in struct{ User, ProcessQueryKey string }
		if err := json.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		return struct{}{}, s.Read(in.User, in.ProcessQueryKey)
	})
	post("disconnect", func(b []byte) (any, error) {
		var in struct {
			ConnectionID string `json:"connectionId"`
			Cut          bool   `json:"cut"`
		}
		if err := json.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		if in.Cut {
			return map[string]int{"connections": s.Cut(in.ConnectionID)}, nil
		}
		return map[string]int{"connections": s.Disconnect(in.ConnectionID)}, nil
	})
	post("fault", s.controlFault)
	post("people", s.controlPeople)
	post("clock", func(b []byte) (any, error) {
		var in struct{ Advance string }
		if err := json.Unmarshal(b, &in); err != nil {
			return nil, err
		}
		d, err := time.ParseDuration(in.Advance)
		if err != nil {
			return nil, err
		}
		s.Travel(d)
		return map[string]time.Time{"now": s.Now()}, nil
	})
	get := func(name string, f func(r *http.Request) (any, error)) {
		m.HandleFunc("GET /_sim/dingtalk/"+name, func(w http.ResponseWriter, r *http.Request) {
			out, err := f(r)
			if err != nil {
				writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
				return
			}
			writeJSON(w, http.StatusOK, out)
		})
	}
	get("config", func(*http.Request) (any, error) {
		return map[string]string{
			"DINGTALK_API_URL": s.URL(), "DINGTALK_OAPI_URL": s.URL(), "DINGTALK_CLIENT_ID": s.cfg.ClientID, "DINGTALK_CLIENT_SECRET": s.cfg.ClientSecret,
			"DINGTALK_ROBOT_CODE": s.cfg.RobotCode, "DINGTALK_CARD_TEMPLATE": s.cfg.CardTemplateID, "robot": s.cfg.RobotName, "corpId": s.cfg.CorpID,
		}, nil
	})
	get("fault", func(*http.Request) (any, error) { return s.Faults(), nil })
	m.HandleFunc("DELETE /_sim/dingtalk/fault", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		writeJSON(w, http.StatusOK, struct{}{})
	})
	get("clock", func(*http.Request) (any, error) { return map[string]time.Time{"now": s.Now()}, nil })
	get("people", func(*http.Request) (any, error) {
		return map[string]any{"people": s.People(), "groups": s.Groups()}, nil
	})
	get("view", func(r *http.Request) (any, error) { return s.View(r.URL.Query().Get("user")) })
	get("journal", func(r *http.Request) (any, error) { return s.controlJournal(r, r.URL.Query().Get("kind")) })
	get("acks", func(r *http.Request) (any, error) { return s.controlJournal(r, KindAck) })
	get("cards/{id}", func(r *http.Request) (any, error) {
		v, buttons, ok := s.Card(r.PathValue("id"), r.URL.Query().Get("user"))
		if !ok {
			return nil, errors.New("no such card")
		}
		return map[string]any{"card": v, "buttons": buttons}, nil
	})
	get("state", func(*http.Request) (any, error) {
		return map[string]any{"connections": s.Connections(), "lost": s.Lost(), "violations": append([]string{}, s.Violations()...), "last": s.Last(), "url": s.URL()}, nil
	})
}

// controlSay takes {"user","text","group","at","quote"}.
func (s *Server) controlSay(b []byte) (any, error) {
	var in struct {
		User, Text string
		Say
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	return s.Say(in.User, in.Text, in.Say)
}

// controlSend takes {"user","msgtype","content","group","at","quote"}; dataBase64 and fileName give a
// media message its file.
func (s *Server) controlSend(b []byte) (any, error) {
	var in struct {
		User       string          `json:"user"`
		MsgType    string          `json:"msgtype"`
		Content    json.RawMessage `json:"content"`
		DataBase64 string          `json:"dataBase64"`
		FileName   string          `json:"fileName"`
		Say
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	content := map[string]any{}
	if in.Content != nil {
		if err := json.Unmarshal(in.Content, &content); err != nil {
			return nil, err
		}
	}
	if in.DataBase64 != "" {
		data, err := base64.StdEncoding.DecodeString(in.DataBase64)
		if err != nil {
			return nil, err
		}
		content["downloadCode"] = s.AddFile(in.FileName, data)
		if in.FileName != "" && in.MsgType == "file" {
			content["fileName"] = in.FileName
		}
	}
	return s.Send(in.User, in.MsgType, content, in.Say)
}

// controlTap takes {"user","outTrackId","actionId","params","stale"} and answers when the tap is over.
func (s *Server) controlTap(b []byte) (any, error) {
	var in struct {
		User, OutTrackID, ActionID string
		Params                     map[string]any
		Stale                      bool
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	if in.Stale {
		return s.TapStale(in.User, in.OutTrackID, in.ActionID, in.Params)
	}
	return s.Tap(in.User, in.OutTrackID, in.ActionID, in.Params)
}

// controlFault takes a Fault, or {"do":…} for what is no fault to come.
func (s *Server) controlFault(b []byte) (any, error) {
	var in struct {
		Do    string          `json:"do"`
		Topic string          `json:"topic"`
		Data  json.RawMessage `json:"data"`
		Delay string          `json:"delay"` // "6s", for Fault.Delay
		Fault
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	if in.Delay != "" {
		var err error
		if in.Fault.Delay, err = time.ParseDuration(in.Delay); err != nil {
			return nil, err
		}
	}
	switch in.Do {
	case "":
		return struct{}{}, s.Inject(in.Fault)
	case "revoke-tokens":
		s.RevokeTokens()
	case "expire-webhooks":
		s.ExpireWebhooks()
	case "quota-used-up", "quota-restored":
		s.SetQuotaUsedUp(in.Do == "quota-used-up")
	case "unpublish", "publish":
		s.SetPublished(in.Do == "publish")
	case "system":
		s.System(in.Topic, string(in.Data))
	default:
		return nil, errors.New("unknown fault " + in.Do)
	}
	return struct{}{}, nil
}

// controlPeople takes {"people":[…],"groups":[…],"departments":[…],"remove":[…]}.
func (s *Server) controlPeople(b []byte) (any, error) {
	var in struct {
		People      []User       `json:"people"`
		Groups      []Group      `json:"groups"`
		Departments []Department `json:"departments"`
		Remove      []string     `json:"remove"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, err
	}
	s.AddDepartment(in.Departments...)
	s.AddUser(in.People...)
	for _, id := range in.Remove {
		s.RemoveUser(id)
	}
	ids := []string{}
	for _, g := range in.Groups {
		ids = append(ids, s.AddGroup(g))
	}
	return map[string]any{"groups": ids}, nil
}

// controlJournal answers entries after a sequence number; with wait ("30s") it waits for one.
func (s *Server) controlJournal(r *http.Request, kind string) (any, error) {
	q := r.URL.Query()
	after, _ := strconv.ParseUint(q.Get("after"), 10, 64)
	f := Filter{Kind: kind, User: q.Get("user"), Conversation: q.Get("conversation"), ID: q.Get("id")}
	list := s.Journal(after, f)
	if wait, _ := time.ParseDuration(q.Get("wait")); len(list) == 0 && wait > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), min(wait, maxWait))
		defer cancel()
		s.track(func() {
			select {
			case <-s.done:
				cancel()
			case <-ctx.Done():
			}
		})
		if _, err := s.Next(ctx, after, f); err == nil {
			list = s.Journal(after, f)
		}
	}
	if list == nil {
		list = []Entry{}
	}
	return map[string]any{"entries": list, "last": s.Last()}, nil
}
