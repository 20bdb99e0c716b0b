package sms

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"gendan/bot/chat"
)

// TestAnswersComeSigned: what customers answer and what became of messages is taken from the gateway only.
func TestAnswersComeSigned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	var in []In
	var told []Receipt
	var busy error
	a, err := New(Config{URL: "https://shop:s3cret@gateway.example.com/send", Now: func() time.Time { return now },
		Take: func(_ context.Context, i In) error {
			if busy == nil {
				in = append(in, i)
			}
			return busy
		},
		Told: func(_ context.Context, r Receipt) error { told = append(told, r); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	call := func(body, secret, stamp string) int {
		r := httptest.NewRequest(http.MethodPost, "/callback/sms", strings.NewReader(body))
		r.Header.Set("X-Gendan-Timestamp", stamp)
		r.Header.Set("X-Gendan-Signature", "sha256="+hex.EncodeToString(Sign(secret, stamp, []byte(body))))
		w := httptest.NewRecorder()
		a.Callback().ServeHTTP(w, r)
		return w.Code
	}
	const stamp = "1794967200"
	answer := `{"kind":"reply","id":"up-1","from":"+8613812345678","text":" TD "}`
	for name, c := range map[string]struct {
		body, secret, stamp string
		want                int
	}{
		"another secret": {answer, "wrong", stamp, 403}, "an old one": {answer, "s3cret", "1794966000", 403}, "no time": {answer, "s3cret", "", 403},
		"no JSON": {"x", "s3cret", stamp, 400}, "nothing known": {`{"kind":"dance","id":"1"}`, "s3cret", stamp, 400},
	} {
		if got := call(c.body, c.secret, c.stamp); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
	if len(in) != 0 || len(told) != 0 {
		t.Errorf("%+v %+v", in, told)
	}
	busy = errors.New("database away")
	if got := call(answer, "s3cret", stamp); got != 503 {
		t.Errorf("not taken: %d", got)
	}
	busy = nil
	if got := call(`[`+answer+`,{"kind":"receipt","id":"offer:7:1","ok":false,"code":"MK:0001"}]`, "s3cret", stamp); got != 200 {
		t.Errorf("%d", got)
	}
	if !reflect.DeepEqual(in, []In{{"up-1", "13812345678", "TD"}}) || !reflect.DeepEqual(told, []Receipt{{"offer:7:1", false, "MK:0001"}}) {
		t.Errorf("%+v %+v", in, told)
	}
}

// TestAliyunCallsBack: its pushes bear no signature, so the address holds a token.
func TestAliyunCallsBack(t *testing.T) {
	t.Parallel()
	_, a := newProvider(t)
	var in []In
	var told []Receipt
	a.c.Take = func(_ context.Context, i In) error { in = append(in, i); return nil }
	a.c.Told = func(_ context.Context, r Receipt) error { told = append(told, r); return nil }
	call := func(token, body string) int {
		w := httptest.NewRecorder()
		a.Callback().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/callback/sms?token="+token, strings.NewReader(body)))
		return w.Code
	}
	up := `[{"phone_number":"13812345678","send_time":"2026-11-18 10:00:00","content":"退订","sign_name":"云帆服务","dest_code":"1","sequence_id":12}]`
	if got := call("0123456789abcdeX", up); got != 403 || len(in) != 0 {
		t.Errorf("another token: %d", got)
	}
	if got := call("0123456789abcdef", up); got != 200 {
		t.Errorf("%d", got)
	}
	if got := call("0123456789abcdef", `[{"phone_number":"13812345678","send_time":"x","report_time":"y","success":false,"err_code":"MOBILE_NOT_ON_SERVICE","err_msg":"x","sms_size":"1","biz_id":"b","out_id":"offer:7:1"}]`); got != 200 {
		t.Errorf("%d", got)
	}
	if !reflect.DeepEqual(in, []In{{"12", "13812345678", "退订"}}) || !reflect.DeepEqual(told, []Receipt{{"offer:7:1", false, "MOBILE_NOT_ON_SERVICE"}}) {
		t.Errorf("%+v %+v", in, told)
	}
	if _, err := New(Config{URL: "aliyun://k:passw0rd@dysmsapi.aliyuncs.com/?sign=a&template=b&callback=short"}); err == nil || strings.Contains(err.Error(), "passw0rd") {
		t.Errorf("a short token: %v", err)
	}
}

// TestRichMessagesSayTheSame: a 5G message is made of the text's own parts and the text goes along.
func TestRichMessagesSayTheSame(t *testing.T) {
	t.Parallel()
	text := "【云帆茶铺】王先生，抹茶第二杯半价，点 https://crm.example.com/c/abc 领取。回TD退订"
	got := asRich(post{Text: text})
	if want := (&rich{Title: "云帆茶铺", Body: "王先生，抹茶第二杯半价，点  领取。回TD退订", Link: "https://crm.example.com/c/abc"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	got = asRich(post{Text: text, card: &chat.Card{Title: "周末有礼", Buttons: []chat.Button{{Text: "要一杯"}}}})
	if got.Title != "周末有礼" || !reflect.DeepEqual(got.Buttons, []string{"要一杯"}) {
		t.Errorf("%+v", got)
	}
}
