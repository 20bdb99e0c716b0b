package httpapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

// readAll is io.ReadAll; a name of its own keeps the fuzz test from needing a server.
func readAll(r io.Reader) ([]byte, error) { return io.ReadAll(r) }

// action runs one action as the person whose key the request bears. The body is the action's parameters; ?preview=1 tells
// what would change and changes nothing.
func (d *Door) action(w http.ResponseWriter, r *http.Request) {
	who, ok := d.bearer(w, r)
	if !ok {
		return
	}
	if wait := d.asks.take(strconv.FormatInt(int64(who.UserID), 10), d.c.Now()); wait > 0 {
		busy(w, wait)
		return
	}
	name := r.PathValue("name")
	schema := action.Schema(name)
	if schema == nil {
		fail(w, http.StatusNotFound, apiError{Code: "no_such_action", Message: fmt.Sprintf("没有「%s」这个操作，GET /api/v1/openapi.json 列出全部操作", clip(name, 60))})
		return
	}
	if !isJSON(r) {
		fail(w, http.StatusUnsupportedMediaType, apiError{Code: "media_type", Message: "请以 application/json 发送参数"})
		return
	}
	raw, ok := body(w, r, mostBody)
	if !ok {
		return
	}
	params, e := readParams(raw, schema)
	if e != nil {
		fail(w, http.StatusUnprocessableEntity, *e)
		return
	}
	key, e := idempotencyKey(r)
	if e != nil {
		fail(w, http.StatusBadRequest, *e)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	req := action.Request{Actor: who, Calls: []action.Call{{Name: name, Params: params}}, Via: "api", Now: d.c.Now().UTC(),
		Key: fmt.Sprintf("api:%d:%s", who.UserID, key)}
	do := d.once
	if preview := r.URL.Query().Get("preview"); preview == "1" || preview == "true" {
		do = d.c.Preview
	}
	out, err := do(ctx, req)
	if err != nil {
		d.refused(w, err, name)
		return
	}
	d.outcome(w, name, out)
}

// once runs a request whose key may be running at this very moment elsewhere: what the other one has just written can look
// like a reason to refuse ours. Then the second look finds its receipt.
func (d *Door) once(ctx context.Context, req action.Request) (action.Outcome, error) {
	out, err := d.c.Run(ctx, req)
	var no *crm.Refusal
	if errors.As(err, &no) && req.Key != "" {
		if again, err := d.c.Run(ctx, req); err == nil {
			return again, nil
		}
	}
	return out, err
}

// outcome answers what came of a run: its results, or the question that the caller has to answer.
func (d *Door) outcome(w http.ResponseWriter, name string, out action.Outcome) {
	switch {
	case out.Pick != nil:
		message := fmt.Sprintf("「%s」可能是下面几个，请在 %s 里写明是哪一个（可写编号，如 #1024）再发一次", clip(out.Pick.Said, 60), out.Pick.Param)
		if len(out.Pick.Options) == 0 {
			message = fmt.Sprintf("没有找到「%s」，请先建好，或核对名字后再发一次", clip(out.Pick.Said, 60))
		}
		fail(w, http.StatusConflict, apiError{Code: "pick", Message: message, Param: out.Pick.Param, Options: out.Pick.Options})
	case out.Ask != nil:
		fail(w, http.StatusUnprocessableEntity, apiError{Code: "ask", Message: out.Ask.Question, Param: out.Ask.Param})
	case out.Replayed && len(out.Results) > 0 && !runOf(name, out.Results):
		fail(w, http.StatusUnprocessableEntity, apiError{Code: "key_reused", Message: "这个 Idempotency-Key 已经用于另一个操作，请换一个"})
	default:
		answer(w, http.StatusOK, out)
	}
}

// runOf tells whether the results may be those of that action. Some actions answer as another of their family.
func runOf(name string, results []action.Result) bool {
	family, _, _ := strings.Cut(name, ".")
	return slices.ContainsFunc(results, func(r action.Result) bool { return r.Name == name || strings.HasPrefix(r.Name, family+".") })
}

// bearer finds whose key the request bears; when it is nobody's it has answered.
func (d *Door) bearer(w http.ResponseWriter, r *http.Request) (crm.Actor, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		w.Header().Set("WWW-Authenticate", "Bearer")
		fail(w, http.StatusUnauthorized, apiError{Code: "no_token", Message: "请带上 Authorization: Bearer 密钥；密钥用 gendan user token 姓名 取得"})
		return crm.Actor{}, false
	}
	who, err := d.c.Person(r.Context(), strings.TrimSpace(token))
	switch {
	case errors.Is(err, crm.ErrNotFound):
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		fail(w, http.StatusUnauthorized, apiError{Code: "bad_token", Message: "密钥不对或已作废，请用 gendan user token 姓名 换一把"})
		return who, false
	case err != nil:
		d.refused(w, err, "bearer")
		return who, false
	}
	return who, true
}

// readParams checks that raw is one JSON object with keys that the action knows: a misspelt key that was left out in silence
// would do something else than was meant.
func readParams(raw []byte, schema map[string]any) (json.RawMessage, *apiError) {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil || keys == nil {
		return nil, &apiError{Code: "json", Message: "内容要是一个 JSON 对象，比如 {\"customer\":\"云帆\"}"}
	}
	properties, _ := schema["properties"].(map[string]any)
	for key := range keys {
		if properties[key] == nil {
			return nil, &apiError{Code: "unknown_param", Param: clip(key, 60), Message: fmt.Sprintf("没有「%s」这个参数，GET /api/v1/openapi.json 列出全部参数", clip(key, 60))}
		}
	}
	return raw, nil
}

// idempotencyKey is the caller's key of this run, or a fresh one. The same key gives the same receipt.
func idempotencyKey(r *http.Request) (string, *apiError) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return rand.Text(), nil
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return "", &apiError{Code: "bad_key", Message: "Idempotency-Key 只能是可见的英文字符"}
		}
	}
	if len(key) > 200 {
		return "", &apiError{Code: "bad_key", Message: "Idempotency-Key 最长 200 个字符"}
	}
	return key, nil
}

// isJSON tells whether the body says that it is JSON, or says nothing.
func isJSON(r *http.Request) bool {
	said := r.Header.Get("Content-Type")
	if said == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(said)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func busy(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	fail(w, http.StatusTooManyRequests, apiError{Code: "too_many", Message: "请求太密了，请按 Retry-After 的秒数稍后再试"})
}

// clip cuts s to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
