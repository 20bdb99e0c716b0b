package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

const (
	signatureWindow = 5 * time.Minute // how far a sender's clock may be off, and how long a signed request can be sent again
	mostCapture     = 64 << 10        // bytes
)

// capturing is one thing that other programs hand in: signed, so that nobody needs a person's key for it.
type capturing struct {
	name   string // in keys and metrics
	action string // that writes it down
	doc    string
}

var captures = map[string]capturing{
	"/api/v1/tickets": {"ticket", "ticket.capture", "商城、表单、ERP 送来的工单"},
	"/api/v1/orders":  {"order", "order.create", "商城、ERP 送来的订单，customer 是客户名或 #编号"},
	"/api/v1/leads":   {"lead", "lead.create", "商城、表单、广告平台送来的线索"},
}

// schema is that of the action, with the sender's own number and without what the door fills in.
func (c capturing) schema() map[string]any {
	s := action.Schema(c.action)
	if s == nil {
		return object{"type": "object"}
	}
	properties := maps.Clone(s["properties"].(map[string]any))
	delete(properties, "link")
	properties["id"] = object{"type": "string", "description": "来源自己的编号：同一个编号只收一次"}
	s["properties"] = properties
	return s
}

// captured is what the sender is answered.
type captured struct {
	ID       int64  `json:"id"`               // the record's number
	Replayed bool   `json:"replayed"`         // it was there already, by the same key
	Status   string `json:"status,omitempty"` // of a ticket: the path at which the customer sees how it stands
}

// capture takes what a shop, a form or an ERP sends: checks who signed it and when, and runs the action once for each key.
func (d *Door) capture(w http.ResponseWriter, r *http.Request, c capturing) {
	source := r.Header.Get("X-Gendan-Source")
	if wait := d.asks.take("capture:"+d.knownSource(source)+":"+address(r), d.c.Now()); wait > 0 {
		busy(w, wait)
		return
	}
	raw, ok := body(w, r, mostCapture)
	if !ok {
		return
	}
	header := r.Header.Get("Idempotency-Key")
	if e := d.signed(source, r.Header.Get("X-Gendan-Timestamp"), header, r.Header.Get("X-Gendan-Signature"), raw); e != nil {
		fail(w, http.StatusUnauthorized, *e)
		return
	}
	params, key, e := captureParams(raw, c.schema(), header)
	if e != nil {
		fail(w, http.StatusUnprocessableEntity, *e)
		return
	}
	if key == "" { // the signature itself: the very same request, sent again
		sum := sha256.Sum256(append([]byte(r.Header.Get("X-Gendan-Timestamp")+"."), raw...))
		key = hex.EncodeToString(sum[:16])
	}
	run := fmt.Sprintf("capture:%s:%s:%s", c.name, source, key)
	var status string
	if c.action == "ticket.capture" {
		token := d.link(run)
		status = "/t/" + token
		params["link"] = mustJSON(linkHash(token))
		if params["source"] == nil {
			params["source"] = mustJSON("api")
		}
	} else if c.action == "lead.create" && params["source"] == nil {
		params["source"] = mustJSON(source)
	}
	out, err := d.serve(r.Context(), c.action, params, run)
	switch {
	case err != nil:
		d.refused(w, err, c.action)
	case out.Pick != nil || out.Ask != nil || len(out.Results) == 0:
		d.outcome(w, c.action, out)
	default:
		answer(w, http.StatusOK, captured{ID: out.Results[0].Record.ID, Replayed: out.Replayed, Status: status})
	}
}

// knownSource is source, or "" when nobody may capture by that name: what anybody can write in a header neither gives a
// bucket of its own nor is remembered.
func (d *Door) knownSource(source string) string {
	if _, known := d.c.CaptureKeys[source]; known {
		return source
	}
	return ""
}

// signed checks a signature: HMAC-SHA256 with the source's key over "timestamp.key.body". An unknown source takes as long as
// a wrong signature.
func (d *Door) signed(source, stamp, key, signature string, raw []byte) *apiError {
	secret, known := d.c.CaptureKeys[source]
	if !known {
		secret = "no such source, but as much work"
	}
	got, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	same := hmac.Equal(got, Sign(secret, stamp, key, raw))
	if err != nil || !same || !known {
		return &apiError{Code: "bad_signature", Message: "签名不对：请核对来源的名字、密钥和签名的算法（openapi.json 有说明）"}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if age := d.c.Now().Sub(time.Unix(seconds, 0)); err != nil || age > signatureWindow || age < -signatureWindow {
		return &apiError{Code: "stale", Message: "时间戳与服务的时间相差超过 5 分钟，请校准时钟，重新签名再发"}
	}
	return nil
}

// Sign is the signature of a capture as bytes: HMAC-SHA256 with the source's secret over the Unix time in seconds, a stop, the
// Idempotency-Key ("" without one), a stop, and the body.
func Sign(secret, stamp, key string, raw []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(stamp + "." + key + "."))
	m.Write(raw)
	return m.Sum(nil)
}

// captureParams reads the body: the action's parameters, and the sender's own number, which is the key where no header is.
func captureParams(raw []byte, schema map[string]any, header string) (params map[string]json.RawMessage, key string, e *apiError) {
	if _, e = readParams(raw, schema); e != nil {
		return nil, "", e
	}
	if json.Unmarshal(raw, &params) != nil || params == nil {
		params = map[string]json.RawMessage{}
	}
	if id, ok := params["id"]; ok {
		delete(params, "id")
		key = strings.Trim(string(id), `"`)
	}
	if header != "" {
		key = header
	}
	if len(key) > 200 {
		return nil, "", &apiError{Code: "bad_key", Param: "id", Message: "id 最长 200 个字符"}
	}
	return params, key, nil
}

// serve runs an action that a customer or a program causes, as the service itself.
func (d *Door) serve(ctx context.Context, name string, params any, key string) (action.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return d.once(ctx, action.Request{Actor: crm.System, Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Key: key, Via: "api", Now: d.c.Now().UTC()})
}

// link is the unguessable token of what a run makes: 128 bits, the same when the run is asked for again.
func (d *Door) link(run string) string {
	return base64.RawURLEncoding.EncodeToString(d.c.Derive("link", run))
}

// linkHash is what is kept of a link's token.
func linkHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own values: a programmer's mistake
	}
	return b
}
