package wecomtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// apiError is a refusal with the platform's code; nil is "ok".
type apiError struct {
	Code int
	Msg  string
}

func (e *apiError) Error() string { return strconv.Itoa(e.Code) + " " + e.Msg }

func fail(code int, format string, args ...any) *apiError {
	return &apiError{code, fmt.Sprintf(format, args...)}
}

// maxBody is the longest request body read, bytes: a 20 MB file with its envelope.
const maxBody = 24 << 20

// counts are totals since start or [Server.ResetCounters].
type counts struct {
	said, delivered, lost, retried, replies, pushes, dropped, updates, apiCalls, refused atomic.Int64
}

// Counters are totals since the start or [Server.ResetCounters].
type Counters struct {
	Said      int64 `json:"said"`      // what people did
	Delivered int64 `json:"delivered"` // callbacks that arrived
	Lost      int64 `json:"lost"`      // callbacks that will never arrive
	Retried   int64 `json:"retried"`   // second and third attempts
	Replies   int64 `json:"replies"`   // accepted answers on the long connection, stream frames included, and passive replies
	Pushes    int64 `json:"pushes"`    // messages pushed, per receiver
	Dropped   int64 `json:"dropped"`   // accepted, yet shown to nobody
	Updates   int64 `json:"updates"`   // cards changed
	APICalls  int64 `json:"api_calls"` // HTTP calls
	Refused   int64 `json:"refused"`   // calls and frames answered with an errcode
}

func (c *counts) fields() []*atomic.Int64 {
	return []*atomic.Int64{&c.said, &c.delivered, &c.lost, &c.retried, &c.replies, &c.pushes, &c.dropped, &c.updates, &c.apiCalls, &c.refused}
}

// Counters returns the totals.
func (s *Server) Counters() Counters {
	c := &s.counts
	return Counters{c.said.Load(), c.delivered.Load(), c.lost.Load(), c.retried.Load(), c.replies.Load(),
		c.pushes.Load(), c.dropped.Load(), c.updates.Load(), c.apiCalls.Load(), c.refused.Load()}
}

// ResetCounters sets the totals to zero and forgets what counts against the quotas.
func (s *Server) ResetCounters() {
	for _, f := range s.counts.fields() {
		f.Store(0)
	}
	s.uploads.mu.Lock()
	s.uploads.meter = meter{}
	s.uploads.mu.Unlock()
	for _, c := range s.chats.every() {
		c.mu.Lock()
		c.meter = meter{}
		c.mu.Unlock()
	}
	for _, p := range s.org.everybody() {
		s.org.find(p.UserID).reset()
	}
}

// apiCall is a request to /cgi-bin/ with its token checked.
type apiCall struct {
	path string // below /cgi-bin/
	r    *http.Request
	body []byte
}

func (c *apiCall) query(name string) string { return c.r.URL.Query().Get(name) }

// decode reads the JSON body; the content type does not matter, as on the platform.
func (c *apiCall) decode(into any) *apiError {
	if err := json.Unmarshal(c.body, into); err != nil {
		return fail(47001, "data format error")
	}
	return nil
}

// handler answers a call: the fields beside errcode and errmsg, or an error.
type handler func(c *apiCall) (map[string]any, *apiError)

func (s *Server) routes() http.Handler {
	api := map[string]handler{
		"message/send":                 s.apiSend,
		"message/update_template_card": s.apiUpdateCard,
		"message/recall":               s.apiRecall,
		"media/upload":                 s.apiUpload,
		"media/uploadimg":              s.apiUploadImage,
		"user/get":                     s.apiUser,
		"user/simplelist":              s.apiUserList,
		"user/list":                    s.apiUserList,
		"user/list_id":                 s.apiUserIDs,
		"user/getuserid":               s.apiUserByMobile,
		"department/list":              s.apiDepartments,
		"department/simplelist":        s.apiDepartmentIDs,
		"getcallbackip":                s.apiCallbackIP,
		"get_api_domain_ip":            s.apiCallbackIP,
	}
	for path, h := range map[string]handler{
		"kf/sync_msg":            s.apiKFSync,
		"kf/send_msg":            s.apiKFSend,
		"kf/send_msg_on_event":   s.apiKFAnswer,
		"kf/service_state/get":   s.apiKFState,
		"kf/service_state/trans": s.apiKFMove,
		"kf/servicer/list":       s.apiKFServicers,
		"kf/servicer/add":        s.apiKFAddServicers,
		"kf/servicer/del":        s.apiKFDropServicers,
		"kf/account/list":        s.apiKFAccounts,
		"kf/add_contact_way":     s.apiKFLink,
		"kf/customer/batchget":   s.apiKFCustomers,
	} {
		api[path] = h
	}
	s.contactAPI(api)
	mux := http.NewServeMux()
	mux.HandleFunc("/cgi-bin/gettoken", s.serveToken)
	mux.HandleFunc("/cgi-bin/media/get", s.serveMedia)
	mux.HandleFunc("/cgi-bin/", func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
		s.serveAPI(w, r, path, api[path])
	})
	mux.HandleFunc("/ws", s.serveLine)
	mux.HandleFunc("/{$}", s.serveLine)
	mux.HandleFunc("GET "+botMediaPath+"{id}", s.serveBotMedia)
	mux.HandleFunc("GET "+publicImagePath+"{id}", s.serveBlob)
	s.controlRoutes(mux)
	return mux
}

// serveAPI is the common frame of an API call: faults, address, token, body, answer.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, path string, h handler) {
	s.learnURL(r)
	s.counts.apiCalls.Add(1)
	if h == nil {
		http.NotFound(w, r)
		return
	}
	lose, done := s.apiFault(w, r, path)
	if done {
		return
	}
	fields, err := map[string]any(nil), s.admit(r)
	if err == nil {
		var body []byte
		body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if readErr != nil {
			err = fail(45001, "media or body too big")
		} else {
			fields, err = h(&apiCall{path: path, r: r, body: body})
		}
	}
	if path != "message/send" && path != "message/update_template_card" || err != nil {
		s.note(Entry{Kind: KindAPI, Door: DoorApp, Text: path, Code: codeOf(err)})
	}
	if lose {
		panic(http.ErrAbortHandler)
	}
	s.answer(w, r, fields, err)
}

func codeOf(err *apiError) int {
	if err == nil {
		return 0
	}
	return err.Code
}

// answer writes errcode, errmsg and fields; a refusal looks like the platform's.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, fields map[string]any, err *apiError) {
	reply := map[string]any{"errcode": 0, "errmsg": "ok"}
	for k, v := range fields {
		reply[k] = v
	}
	if err != nil {
		s.counts.refused.Add(1)
		reply["errcode"], reply["errmsg"] = err.Code, s.hint(err, r.RemoteAddr)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if err != nil {
		w.Header().Set("Error-Code", strconv.Itoa(err.Code))
		w.Header().Set("Error-Msg", err.Msg)
	}
	body, _ := json.Marshal(reply) // maps of plain values
	w.Write(body)
}

func (s *Server) hint(err *apiError, remote string) string {
	ip, _, _ := net.SplitHostPort(remote)
	return fmt.Sprintf("%s, hint: [%d%09d], from ip: %s, more info at https://open.work.weixin.qq.com/devtool/query?e=%d",
		err.Msg, time.Now().Unix(), s.ids.next(), ip, err.Code)
}

// admit checks address and access_token.
func (s *Server) admit(r *http.Request) *apiError {
	if err := s.trusted(r); err != nil {
		return err
	}
	token := r.URL.Query().Get("access_token")
	if token == "" {
		return fail(41001, "access_token missing")
	}
	return s.tokens.check(token, s.Now())
}

func (s *Server) trusted(r *http.Request) *apiError {
	if len(s.cfg.TrustedIPs) == 0 {
		return nil
	}
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	if !slices.Contains(s.cfg.TrustedIPs, ip) {
		return fail(60020, "not allow to access from your ip")
	}
	return nil
}
