package sms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/bot/chat"
)

// TestSignatureIsThePublishedOne: the example with fixed parameters of Aliyun's page on the signature V3.
func TestSignatureIsThePublishedOne(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?"+
		acs3Query(map[string]string{"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d"} {
		req.Header.Set(k, v)
	}
	acs3Sign(req, nil, identity{"YourAccessKeyId", "YourAccessKeySecret"})
	want := "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if got := req.Header.Get("Authorization"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if q := acs3Query(map[string]string{"b": "a b*~+/中", "a": "1"}); q != "a=1&b=a%20b%2A~%2B%2F%E4%B8%AD" {
		t.Errorf("query %s", q)
	}
}

// provider is Aliyun's side of the wire.
type provider struct {
	t    *testing.T
	mu   sync.Mutex
	code string // answered instead of OK
	cut  bool   // the next SendSms is done and its answer lost
	sent []map[string]string
	seen map[string]bool // nonces
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := r.Clone(r.Context())
	again.URL.Host = r.Host
	got := r.Header.Get("Authorization")
	acs3Sign(again, nil, identity{"LTAIkey", "s3cr/et+"})
	if got == "" || got != again.Header.Get("Authorization") || p.seen[r.Header.Get("x-acs-signature-nonce")] {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"Code":"SignatureDoesNotMatch"}`)
		return
	}
	p.seen[r.Header.Get("x-acs-signature-nonce")] = true
	q := r.URL.Query()
	if r.Header.Get("x-acs-action") == "QuerySendDetails" {
		type detail struct{ OutId string }
		var list []detail
		for _, s := range p.sent {
			if s["PhoneNumbers"] == q.Get("PhoneNumber") && q.Get("SendDate") == "20261118" {
				list = append(list, detail{s["OutId"]})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Code": "OK", "TotalCount": fmt.Sprint(len(list)), "SmsSendDetailDTOs": map[string]any{"SmsSendDetailDTO": list}})
		return
	}
	if p.code != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"Code":%q,"Message":"13812345678"}`, p.code)
		return
	}
	one := map[string]string{}
	for k := range q {
		one[k] = q.Get(k)
	}
	p.sent = append(p.sent, one)
	if p.cut {
		p.cut = false
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, `{"Code":"OK","Message":"OK","BizId":"biz-%d","RequestId":"x"}`, len(p.sent))
}

func newProvider(t *testing.T) (*provider, *Adapter) {
	t.Helper()
	p := &provider{t: t, seen: map[string]bool{}}
	web := httptest.NewServer(p)
	t.Cleanup(web.Close)
	a, err := New(Config{
		URL: strings.Replace(web.URL, "http://", "aliyun+http://LTAIkey:s3cr%2Fet%2B@", 1) + "/?sign=云帆服务&template=SMS_1&template.offer=SMS_2&callback=0123456789abcdef",
		Now: func() time.Time { return time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, a
}

func TestAliyunSendsTemplates(t *testing.T) {
	t.Parallel()
	p, a := newProvider(t)
	offer := message("+8613812345678", "【云帆服务】王先生，抹茶第二杯半价 & 再送“一杯”")
	offer.Key = "offer:7:1"
	id, err := a.Send(t.Context(), offer)
	if err != nil || id != "biz-1" {
		t.Fatal(id, err)
	}
	if _, err := a.Send(t.Context(), message("13812345678", "您好")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"PhoneNumbers": "13812345678", "SignName": "云帆服务", "TemplateCode": "SMS_2", "OutId": "offer:7:1"}
	for k, v := range want {
		if p.sent[0][k] != v {
			t.Errorf("%s: %q, want %q", k, p.sent[0][k], v)
		}
	}
	var params map[string]string
	if err := json.Unmarshal([]byte(p.sent[0]["TemplateParam"]), &params); err != nil || params["content"] != "王先生，抹茶第二杯半价 & 再送“一杯”" || p.sent[1]["TemplateCode"] != "SMS_1" {
		t.Errorf("%v %v, then %s", params, err, p.sent[1]["TemplateCode"])
	}
	for code, want := range map[string]chat.Fault{
		"isv.MOBILE_NUMBER_ILLEGAL": chat.Rejected, "isv.BUSINESS_LIMIT_CONTROL": chat.Rejected, "isv.SMS_TEMPLATE_ILLEGAL": chat.Rejected,
		"isv.AMOUNT_NOT_ENOUGH": chat.Retry, "Throttling.User": chat.Retry, "isp.RAM_PERMISSION_DENY": chat.Retry,
	} {
		p.code = code
		r := message("13900000000", "您好")
		r.Key = "k:" + code
		_, err := a.Send(t.Context(), r)
		if chat.FaultOf(err) != want || strings.Contains(err.Error(), "138") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestAliyunIsAskedBeforeASecondTime: the provider has no idempotency; a lost answer is looked up in its list of the day.
func TestAliyunIsAskedBeforeASecondTime(t *testing.T) {
	t.Parallel()
	p, a := newProvider(t)
	r := message("13812345678", "您好")
	r.Key = "offer:8:1"
	p.cut = true
	if _, err := a.Send(t.Context(), r); chat.FaultOf(err) != chat.Unsure {
		t.Fatalf("a lost answer: %v", err)
	}
	if _, err := a.Send(t.Context(), r); err != nil || len(p.sent) != 1 {
		t.Errorf("%v, %d messages", err, len(p.sent))
	}
	p.mu.Lock()
	p.code = "Throttling.User" // refused: the next attempt asks nothing
	p.mu.Unlock()
	r.Key = "offer:9:1"
	if _, err := a.Send(t.Context(), r); chat.FaultOf(err) != chat.Retry {
		t.Fatal(err)
	}
	p.code = ""
	if _, err := a.Send(t.Context(), r); err != nil || len(p.sent) != 2 {
		t.Errorf("%v, %d messages", err, len(p.sent))
	}
}
