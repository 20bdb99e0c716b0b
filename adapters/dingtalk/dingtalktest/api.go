package dingtalktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxBody bounds a request's body, bytes; uploads have their own limit.
const maxBody = 1 << 20

// refusal is an error in the platform's words. On the legacy API code is a number.
type refusal struct {
	status  int
	code    string
	message string
	scopes  []string
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func bad(code, format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, code, format, args...)
}

// call is one authorised HTTP call.
type call struct {
	r    *http.Request
	body []byte
}

func (c *call) into(v any, code string) *refusal {
	if len(c.body) == 0 {
		return bad("MissingBody", "请求体为空")
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return bad(code, "参数格式不正确：%v", err)
	}
	return nil
}

// window counts calls within one second of real time.
type window struct {
	start time.Time
	n     int
}

func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /v1.0/gateway/connections/open", s.open)
	m.HandleFunc("GET /connect", s.connect)
	s.tokenRoutes(m)
	s.hookRoutes(m)
	s.robotRoutes(m)
	s.fileRoutes(m)
	s.cardRoutes(m)
	s.contactRoutes(m)
	s.todoRoutes(m)
	s.controlRoutes(m)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.record(r, nil, http.StatusNotFound, "InvalidAction.NotFound")
		writeJSON(w, http.StatusNotFound, map[string]any{"code": "InvalidAction.NotFound", "message": "Specified api is not found, please check your url and method.", "requestid": randomHex(8)})
	})
	return m
}

// api mounts a call of the new API. name is the permission it needs; "" needs none.
func (s *Server) api(m *http.ServeMux, pattern, scope string, f func(*call) (any, *refusal)) {
	s.mount(m, pattern, scope, false, f)
}

// legacy mounts a call of the oapi host; its answers are always HTTP 200 with an errcode.
func (s *Server) legacy(m *http.ServeMux, pattern, scope string, f func(*call) (any, *refusal)) {
	s.mount(m, pattern, scope, true, f)
}

func (s *Server) mount(m *http.ServeMux, pattern, scope string, old bool, f func(*call) (any, *refusal)) {
	m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := &call{r: r}
		var err error
		limit := int64(maxBody)
		if r.URL.Path == "/media/upload" {
			limit = 32 << 20
		}
		if c.body, err = io.ReadAll(io.LimitReader(r.Body, limit)); err != nil {
			return // the caller went away
		}
		flaw := s.fault(FaultAPI, r.URL.Path, "")
		if flaw != nil && s.obey(w, r, flaw, old) {
			return
		}
		var out any
		no := s.admit(r, pattern, scope, old)
		if no == nil {
			out, no = f(c)
		}
		if flaw != nil && flaw.After { // it was done, but the caller does not learn it
			s.deny(w, r, c.body, flaw, old)
			return
		}
		s.finish(w, r, c.body, old, out, no)
	})
}

// admit checks the access token, the permission, the rate and the monthly quota of a call.
func (s *Server) admit(r *http.Request, pattern, scope string, old bool) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	given := r.Header.Get("x-acs-dingtalk-access-token")
	if old {
		given = r.URL.Query().Get("access_token")
	}
	if s.token == nil || given != s.token.value || !s.now().Before(s.token.until) {
		if old {
			return refuse(0, "40014", "不合法的access_token")
		}
		return bad("InvalidAuthentication", "不合法的access_token")
	}
	if scope != "" && s.cfg.Scopes != nil && !slices.Contains(s.cfg.Scopes, scope) {
		if old {
			return refuse(0, "88", "ding talk error[subcode=60011,submsg=没有调用该接口的权限，接口权限申请：%s]", scope)
		}
		no := refuse(http.StatusForbidden, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "应用尚未开通所需的权限：[%s]", scope)
		no.scopes = []string{scope}
		return no
	}
	month := s.now().Format("2006-01")
	if s.exhausted || s.cfg.MonthlyCalls > 0 && s.calls[month] >= s.cfg.MonthlyCalls {
		if old {
			return refuse(0, "90020", "企业调用次数已达上限")
		}
		return refuse(http.StatusForbidden, "Forbidden.AccessDenied.ApiCountLimitForOrg", "企业本月接口调用次数已达上限")
	}
	if s.tooFast(pattern, s.cfg.QPS) {
		if old {
			return refuse(0, "90018", "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了")
		}
		return refuse(http.StatusForbidden, "Forbidden.AccessDenied.QpsLimitForApi", "接口调用频率超过限制")
	}
	s.calls[month]++
	return nil
}

// tooFast counts a call under a key and tells whether it is more than limit in one second. The caller holds s.mu.
func (s *Server) tooFast(key string, limit int) bool {
	if limit < 0 {
		return false
	}
	w := s.windows[key]
	now := time.Now()
	if w == nil || now.Sub(w.start) >= time.Second {
		w = &window{start: now}
		s.windows[key] = w
	}
	w.n++
	return w.n > limit
}

// finish writes the answer of a call and its journal entry.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, body []byte, old bool, out any, no *refusal) {
	request := randomHex(8)
	w.Header().Set("x-acs-request-id", request)
	if no == nil {
		s.record(r, body, http.StatusOK, "")
		if old {
			full := map[string]any{"errcode": 0, "errmsg": "ok", "request_id": request}
			if flat, ok := out.(flatResult); ok {
				for k, v := range flat {
					full[k] = v
				}
			} else if out != nil {
				full["result"] = out
			}
			out = full
		}
		writeJSON(w, http.StatusOK, out)
		return
	}
	if old {
		s.record(r, body, http.StatusOK, no.code)
		writeJSON(w, http.StatusOK, legacyError(no, request))
		return
	}
	s.record(r, body, no.status, no.code)
	e := map[string]any{"code": no.code, "message": no.message, "requestid": request}
	if no.scopes != nil {
		e["accessdenieddetail"] = map[string]any{"requiredScopes": no.scopes}
	}
	writeJSON(w, no.status, e)
}

// flatResult is a legacy answer whose fields stand beside errcode instead of under result.
type flatResult map[string]any

func legacyError(no *refusal, request string) map[string]any {
	n, _ := strconv.Atoi(no.code)
	if n == 0 {
		n = -1
	}
	e := map[string]any{"errcode": n, "errmsg": no.message, "request_id": request}
	if n == 88 {
		e["sub_code"], e["sub_msg"] = "60011", "没有调用该接口的权限"
	}
	return e
}

// record writes an HTTP call into the journal, without secrets in its address.
func (s *Server) record(r *http.Request, body []byte, status int, code string) {
	c := &Call{API: r.Method + " " + r.URL.Path, Status: status, Code: code}
	if len(body) > 0 && len(body) <= 16<<10 && json.Valid(body) {
		c.Body = body
	}
	s.log.add(Entry{At: s.Now(), Kind: KindCall, Text: c.API, Call: c})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}
