package sms

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
)

// Aliyun's text messages (短信服务): dysmsapi, version 2017-05-25, actions SendSms and QuerySendDetails, with the signature V3 (ACS3-HMAC-SHA256).
// Providers of this country send templates only: the text goes in as the value of one variable.
const (
	aliyunVersion = "2017-05-25"
	acs3          = "ACS3-HMAC-SHA256"
)

// aliyun is an account there with its signature and templates.
type aliyun struct {
	base      url.URL
	who       identity
	sign      string            // 短信签名
	templates map[string]string // template codes by what a key begins with before its colon; "" is for all others
	param     string            // the variable of the template that is the text
	c         Config
	nonce     func() string
}

// newAliyun reads the setting: sign, template, template.<kind> (offer, survey, guest …), param (content), callback.
func newAliyun(u *url.URL, who identity, c Config) (*aliyun, inbound, error) {
	q := u.Query()
	a := &aliyun{who: who, sign: q.Get("sign"), templates: map[string]string{}, param: "content", c: c, nonce: rand.Text,
		base: url.URL{Scheme: "https", Host: u.Host, Path: "/"}}
	if u.Scheme == "aliyun+http" { // simulators
		a.base.Scheme = "http"
	}
	for name, values := range q {
		switch kind, ok := strings.CutPrefix(name, "template."); {
		case ok:
			a.templates[kind] = values[0]
		case name == "template":
			a.templates[""] = values[0]
		case name == "param" && values[0] != "":
			a.param = values[0]
		}
	}
	back := inbound{token: q.Get("callback")}
	if a.sign == "" || a.templates[""] == "" {
		return nil, back, errors.New("SMS_URL: write aliyun://key:secret@dysmsapi.aliyuncs.com/?sign=短信签名&template=SMS_123456789")
	}
	if back.token != "" && len(back.token) < 16 {
		return nil, back, errors.New("SMS_URL: callback= needs 16 characters or more: whoever knows them can unsubscribe customers")
	}
	return a, back, nil
}

// template is the template for a message.
func (a *aliyun) template(key string) string {
	kind, _, _ := strings.Cut(key, ":")
	if t := a.templates[kind]; t != "" {
		return t
	}
	return a.templates[""]
}

// post sends a message; the number is the provider's BizId.
func (a *aliyun) post(ctx context.Context, p post) (chat.MessageID, error) {
	text := signature.ReplaceAllString(p.Text, "") // the provider puts its own in front
	param, err := json.Marshal(map[string]string{a.param: text})
	if err != nil {
		return "", fmt.Errorf("sms: %w", err)
	}
	var out struct {
		BizID string `json:"BizId"`
	}
	err = a.call(ctx, "SendSms", map[string]string{
		"PhoneNumbers": p.To, "SignName": a.sign, "TemplateCode": a.template(p.ID), "TemplateParam": string(param), "OutId": p.ID,
	}, &out)
	return chat.MessageID(out.BizID), err
}

// had looks for a message in the provider's list of the day: it sends the same message twice when it is asked twice.
func (a *aliyun) had(ctx context.Context, p post) (id chat.MessageID, yes bool, err error) {
	for page := 1; page <= 3; page++ {
		var out struct {
			Total json.RawMessage `json:"TotalCount"` // a number, or one in quotes
			List  struct {
				Sent []struct {
					OutID string `json:"OutId"`
				} `json:"SmsSendDetailDTO"`
			} `json:"SmsSendDetailDTOs"`
		}
		err := a.call(ctx, "QuerySendDetails", map[string]string{
			"PhoneNumber": p.To, "SendDate": a.c.Now().In(china).Format("20060102"), "PageSize": "50", "CurrentPage": strconv.Itoa(page),
		}, &out)
		if err != nil {
			e := new(chat.SendError)
			if errors.As(err, &e) && e.Fault == chat.Unsure { // only a question
				e.Fault, e.After = chat.Retry, time.Second
			}
			return "", false, err
		}
		for _, s := range out.List.Sent {
			if s.OutID == p.ID {
				return "", true, nil
			}
		}
		if total, _ := strconv.Atoi(strings.Trim(string(out.Total), `"`)); page*50 >= total {
			break
		}
	}
	return "", false, nil
}

var china = time.FixedZone("CST", 8*3600)

// call is one signed call; out gets the answer when it is OK.
func (a *aliyun) call(ctx context.Context, action string, params map[string]string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	u := a.base
	u.RawQuery = acs3Query(params)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), nil)
	if err != nil {
		return errors.New("sms: no such address")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("x-acs-action", action)
	req.Header.Set("x-acs-version", aliyunVersion)
	req.Header.Set("x-acs-date", a.c.Now().UTC().Format("2006-01-02T15:04:05Z"))
	req.Header.Set("x-acs-signature-nonce", a.nonce())
	acs3Sign(req, nil, a.who)
	res, err := a.c.HTTP.Do(req)
	if err != nil {
		return away(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return &chat.SendError{Fault: chat.Unsure, Code: "sms_away", Err: errors.New("sms: the answer broke off")}
	}
	var head struct {
		Code string `json:"Code"`
	}
	switch {
	case json.Unmarshal(data, &head) != nil || head.Code == "":
		return &chat.SendError{Fault: chat.Unsure, Code: fmt.Sprint("HTTP ", res.StatusCode), Err: errors.New("sms: no answer of the provider's")}
	case head.Code != "OK":
		return aliyunError(head.Code)
	case json.Unmarshal(data, out) != nil:
		return &chat.SendError{Fault: chat.Unsure, Code: "answer", Err: errors.New("sms: an answer of another form")}
	}
	return nil
}

// acs3Query is the canonical query: sorted, percent-encoded as RFC 3986 says.
func acs3Query(params map[string]string) string {
	escape := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~")
	var parts []string
	for k, v := range params {
		parts = append(parts, escape.Replace(url.QueryEscape(k))+"="+escape.Replace(url.QueryEscape(v)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// acs3Sign signs a request whose query is canonical: host, content-type and all x-acs- headers are part of it.
func acs3Sign(req *http.Request, body []byte, who identity) {
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	req.Header.Set("x-acs-content-sha256", digest)
	headers := map[string]string{"host": req.URL.Host}
	for name, values := range req.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-acs-") || name == "content-type" {
			headers[name] = strings.TrimSpace(values[0])
		}
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var canonical strings.Builder
	canonical.WriteString(req.Method + "\n" + req.URL.EscapedPath() + "\n" + req.URL.RawQuery + "\n")
	for _, name := range names {
		canonical.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + digest)
	hashed := sha256.Sum256([]byte(canonical.String()))
	m := hmac.New(sha256.New, []byte(who.secret))
	m.Write([]byte(acs3 + "\n" + hex.EncodeToString(hashed[:])))
	req.Header.Set("Authorization", acs3+" Credential="+who.key+",SignedHeaders="+signed+",Signature="+hex.EncodeToString(m.Sum(nil)))
}

// aliyunError is what a code of the provider's means. Its message may name the number and is left out.
func aliyunError(code string) error {
	e := &chat.SendError{Fault: chat.Rejected, Code: code, Err: errors.New("sms: " + oneLine([]byte(code)))}
	const settled = 5 * time.Minute
	switch {
	case strings.HasPrefix(code, "Throttling"), code == "isp.SYSTEM_ERROR", code == "isp.GATEWAY_ERROR", code == "ServiceUnavailable", code == "InternalError":
		e.Fault, e.After = chat.Retry, 5*time.Second
	case code == "isv.BUSINESS_LIMIT_CONTROL", code == "isv.DAY_LIMIT_CONTROL", code == "isv.BLACK_KEY_CONTROL_LIMIT":
		// the number has had its share there, or the text is one that is not let through
	case code == "isv.MOBILE_NUMBER_ILLEGAL", code == "isv.MOBILE_COUNT_OVER_LIMIT":
	case code == "isv.AMOUNT_NOT_ENOUGH", code == "isv.OUT_OF_SERVICE", code == "isv.ACCOUNT_ABNORMAL":
		e.Fault, e.After, e.Advice = chat.Retry, settled, "短信账户欠费或停用（"+code+"）：请在阿里云充值或检查账号。"
	case strings.HasPrefix(code, "SignatureDoesNotMatch"), strings.HasPrefix(code, "InvalidAccessKey"), code == "isp.RAM_PERMISSION_DENY", code == "isv.RAM_PERMISSION_DENY", code == "InvalidTimeStamp.Expired":
		e.Fault, e.After, e.Advice = chat.Retry, settled, "阿里云不认短信的签名（"+code+"）：请核对 SMS_URL 里的 AccessKey、它的短信权限和本机时钟。"
	case strings.HasPrefix(code, "isv.SMS_TEMPLATE"), strings.HasPrefix(code, "isv.TEMPLATE"), strings.HasPrefix(code, "isv.SMS_SIGN"), strings.HasPrefix(code, "isv.SIGN"), code == "isv.INVALID_PARAMETERS", code == "isv.PARAM_LENGTH_LIMIT":
		e.Advice = "短信签名或模板用不了（" + code + "）：请在阿里云短信服务里核对 SMS_URL 写的签名和模板。"
	}
	return e
}
