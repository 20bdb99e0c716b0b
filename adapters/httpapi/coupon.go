package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"gendan/crm"
	"gendan/crm/action"
)

// coupons sets up what tills and shops need of coupons: to look at one, and to use one up, once.
func (d *Door) coupons() {
	d.mux.HandleFunc("POST /api/v1/coupons/redeem", d.redeemCoupon)
	d.mux.HandleFunc("GET /api/v1/coupons/{code}", d.showCoupon)
}

// couponAnswer is what a till is told of a coupon.
type couponAnswer struct {
	Coupon   action.CouponView `json:"coupon"`
	Replayed bool              `json:"replayed,omitempty"`  // the key had run before; this is its answer again
	UndoCode string            `json:"undo_code,omitempty"` // takes the redemption back, with the action undo
}

// redeemCoupon uses a coupon up. The same Idempotency-Key gives the same answer, whatever became of the first one; ?preview=1
// only tells what the coupon would take off.
func (d *Door) redeemCoupon(w http.ResponseWriter, r *http.Request) {
	who, ok := d.till(w, r)
	if !ok {
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
	params, e := readParams(raw, action.Schema("coupon.redeem"))
	if e != nil {
		fail(w, http.StatusUnprocessableEntity, *e)
		return
	}
	key, e := idempotencyKey(r)
	if e != nil {
		fail(w, http.StatusBadRequest, *e)
		return
	}
	var asked struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(params, &asked); err != nil {
		fail(w, http.StatusUnprocessableEntity, apiError{Code: "invalid", Param: "code", Message: "code 要是券码的文字，比如 \"K7F2-9QXT-3WDM\""})
		return
	}
	do := d.once
	if preview := r.URL.Query().Get("preview"); preview == "1" || preview == "true" {
		do = d.c.Preview
	}
	d.answerCoupon(w, r, who, asked.Code, do, action.Call{Name: "coupon.redeem", Params: params}, fmt.Sprintf("api:%d:%s", who.UserID, key))
}

// showCoupon tells how a coupon stands.
func (d *Door) showCoupon(w http.ResponseWriter, r *http.Request) {
	if who, ok := d.till(w, r); ok {
		code := r.PathValue("code")
		d.answerCoupon(w, r, who, code, d.c.Run, action.Call{Name: "coupon.view", Params: mustJSON(map[string]string{"code": code})}, "")
	}
}

// till finds whose till asks; when it may not it has answered.
func (d *Door) till(w http.ResponseWriter, r *http.Request) (crm.Actor, bool) {
	who, ok := d.bearer(w, r)
	if !ok {
		return who, false
	}
	if wait := d.asks.take(strconv.FormatInt(int64(who.UserID), 10), d.c.Now()); wait > 0 {
		busy(w, wait)
		return who, false
	}
	return who, true
}

func (d *Door) answerCoupon(w http.ResponseWriter, r *http.Request, who crm.Actor, code string, do func(context.Context, action.Request) (action.Outcome, error), call action.Call, key string) {
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	out, err := do(ctx, action.Request{Actor: who, Calls: []action.Call{call}, Via: "api", Now: d.c.Now().UTC(), Key: key})
	var a couponAnswer
	switch {
	case err != nil:
		status, kind, sentence := d.explain(err, call.Name)
		fail(w, status, apiError{Code: couponError(err, kind), Message: sentence})
	case out.Pick != nil || out.Ask != nil:
		d.outcome(w, call.Name, out)
	case len(out.Results) == 0 || out.Results[0].Name != call.Name || json.Unmarshal(out.Results[0].Data, &a.Coupon) != nil || out.Replayed && !sameCoupon(code, a.Coupon):
		fail(w, http.StatusUnprocessableEntity, apiError{Code: "key_reused", Message: "这个 Idempotency-Key 已经用于另一次操作，请换一个"})
	default:
		a.Replayed, a.UndoCode = out.Replayed, out.UndoCode
		answer(w, http.StatusOK, a)
	}
}

// sameCoupon tells whether an answer that was kept is of the coupon that is asked for now.
func sameCoupon(said string, v action.CouponView) bool {
	code, err := crm.ReadCouponCode(said)
	return err != nil || crm.SayCouponCode(code) == v.Code
}

// couponError is what a program reads of a refusal: what became of the coupon, else the general kind.
func couponError(err error, kind string) string {
	for cause, code := range map[error]string{
		crm.ErrCouponUsed: "coupon_used", crm.ErrCouponVoided: "coupon_voided", crm.ErrCouponExpired: "coupon_expired", crm.ErrCouponTerms: "coupon_terms",
		crm.ErrCouponOther: "coupon_other",
	} {
		if errors.Is(err, cause) {
			return code
		}
	}
	return kind
}

// couponPaths describe these doors to programs.
func couponPaths() object {
	code := object{"name": "code", "in": "path", "required": true, "description": "券码，大小写、空格、短横都可以", "schema": object{"type": "string"}}
	about := "错误的 code：not_found 没有这张券；coupon_used 已用过；coupon_expired 过期；coupon_voided 作废；coupon_other 是别的客户的，或这一单已用过券；" +
		"coupon_terms 不满足条件（没到门槛、不是限定的产品）；ask 缺参数（param 写明缺哪个）；key_reused 键已用于另一次操作。"
	return object{
		"/api/v1/coupons/redeem": object{"post": object{
			"operationId": "redeem_coupon", "tags": []string{"coupon"}, "summary": "核销一张券，一张只能用一次", "description": "断线就用同一个 Idempotency-Key 再发：只核销一次，回执一样。" + about,
			"security": []object{{"bearer": []string{}}}, "parameters": []object{{"$ref": "#/components/parameters/preview"}, {"$ref": "#/components/parameters/key"}},
			"requestBody": object{"required": true, "content": object{"application/json": object{"schema": action.Schema("coupon.redeem")}}},
			"responses":   responses("#/components/schemas/Coupon"),
		}},
		"/api/v1/coupons/{code}": object{"get": object{
			"operationId": "show_coupon", "tags": []string{"coupon"}, "summary": "查一张券：能不能用、条件是什么", "description": about,
			"security": []object{{"bearer": []string{}}}, "parameters": []object{code}, "responses": responses("#/components/schemas/Coupon"),
		}},
	}
}

var couponSchema = object{"type": "object", "properties": object{
	"replayed": object{"type": "boolean"}, "undo_code": object{"type": "string", "description": "用 undo 撤销这次核销"},
	"coupon": object{"type": "object", "properties": object{
		"id": object{"type": "integer"}, "code": object{"type": "string"}, "title": object{"type": "string"}, "says": object{"type": "string", "description": "优惠和条件"},
		"state":    object{"type": "string", "enum": []string{"issued", "redeemed", "voided", "expired"}},
		"customer": object{"type": "string"}, "customer_id": object{"type": "integer"}, "until": object{"type": "string", "format": "date", "description": "最后一天"},
		"valid_until": object{"type": "string", "format": "date-time"}, "order": object{"type": "integer"},
		"price": object{"type": "number", "description": "用券前（元）"}, "off": object{"type": "number", "description": "优惠（元）"}, "pays": object{"type": "number", "description": "实付（元）"},
		"gift": object{"type": "string", "description": "要给客户的赠品"}, "shop": object{"type": "string"}, "terms": object{"type": "object"},
	}},
}}
