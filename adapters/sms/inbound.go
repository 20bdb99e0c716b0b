package sms

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	inboundMost = 256 << 10       // bytes of a request
	inboundAge  = 5 * time.Minute // how old a signed request may be
	inboundList = 1000            // entries of one
)

// In is what a customer answered to a text message.
type In struct {
	ID   string // the same for the same answer
	From string // number
	Text string
}

// Take keeps an answer; the same ID comes again until it returns nil.
type Take func(ctx context.Context, in In) error

// Receipt is what became of a message after it had left.
type Receipt struct {
	Key  string // chat.Reply.Key
	OK   bool
	Code string // of the provider, when it did not arrive
}

// Told keeps a receipt; the same one comes again until it returns nil.
type Told func(ctx context.Context, r Receipt) error

// inbound is how those prove themselves who call back: by a signature with the gateway's secret, or, where the provider signs
// nothing, by a token in the address that only the provider was told.
type inbound struct {
	secret string
	token  string
}

// Callback serves answers and receipts (/callback/sms); nil when the setting has nothing to tell them from others' by.
func (a *Adapter) Callback() http.Handler {
	if a.back.secret == "" && a.back.token == "" {
		return nil
	}
	return http.HandlerFunc(a.takeBack)
}

func (a *Adapter) takeBack(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, inboundMost))
	if err != nil {
		http.Error(w, "body", http.StatusRequestEntityTooLarge)
		return
	}
	if !a.proven(r, body) {
		http.Error(w, "refused", http.StatusForbidden)
		return
	}
	list, err := readBack(body)
	if err != nil || len(list) > inboundList {
		http.Error(w, "neither an answer nor a receipt", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	for _, one := range list {
		if err := a.keep(ctx, one); err != nil {
			http.Error(w, "later", http.StatusServiceUnavailable) // the caller comes again
			return
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, `{"code":0,"msg":"ok"}`+"\n")
}

// proven tells whether the caller is the gateway or the provider.
func (a *Adapter) proven(r *http.Request, body []byte) bool {
	if a.back.token != "" {
		return hmac.Equal([]byte(r.URL.Query().Get("token")), []byte(a.back.token))
	}
	stamp := r.Header.Get("X-Gendan-Timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || a.c.Now().Sub(time.Unix(at, 0)).Abs() > inboundAge {
		return false
	}
	want := "sha256=" + hex.EncodeToString(Sign(a.back.secret, stamp, body))
	return hmac.Equal([]byte(r.Header.Get("X-Gendan-Signature")), []byte(want))
}

// came is an entry of a request: ours, or Aliyun's SmsUp and SmsReport.
type came struct {
	Kind string `json:"kind"` // "reply" or "receipt"; "" is Aliyun's
	ID   string `json:"id"`   // of the reply; of a receipt the message's
	From string `json:"from"`
	Text string `json:"text"`
	OK   bool   `json:"ok"`
	Code string `json:"code"`

	Phone    string          `json:"phone_number"`
	Content  *string         `json:"content"`
	Sequence json.RawMessage `json:"sequence_id"`
	SentAt   string          `json:"send_time"`
	Success  *bool           `json:"success"`
	ErrCode  string          `json:"err_code"`
	OutID    string          `json:"out_id"`
	BizID    string          `json:"biz_id"`
}

// readBack reads a list or one entry.
func readBack(body []byte) (list []came, err error) {
	text := strings.TrimSpace(string(body))
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	for i := range list {
		c := &list[i]
		switch {
		case c.Kind == "" && c.Success != nil:
			c.Kind, c.ID, c.OK, c.Code = "receipt", c.OutID, *c.Success, c.ErrCode
		case c.Kind == "" && c.Content != nil:
			c.Kind, c.From, c.Text = "reply", c.Phone, *c.Content
			if c.ID = strings.Trim(string(c.Sequence), `"`); c.ID == "" || c.ID == "null" {
				sum := sha256.Sum256([]byte(c.From + "\x00" + c.SentAt + "\x00" + c.Text))
				c.ID = hex.EncodeToString(sum[:12])
			}
		}
		if c.Kind != "reply" && c.Kind != "receipt" || c.ID == "" && c.Kind == "reply" {
			return nil, errors.New("sms: unknown entry")
		}
	}
	return list, nil
}

// keep hands an entry on.
func (a *Adapter) keep(ctx context.Context, c came) error {
	switch {
	case c.Kind == "reply" && a.c.Take != nil && c.From != "":
		return a.c.Take(ctx, In{ID: c.ID, From: strings.TrimPrefix(c.From, "+86"), Text: clip(strings.ToValidUTF8(strings.TrimSpace(c.Text), ""))})
	case c.Kind == "receipt" && a.c.Told != nil && c.ID != "":
		code := c.Code
		if c.OK {
			code = ""
		}
		return a.c.Told(ctx, Receipt{Key: c.ID, OK: c.OK, Code: code})
	}
	return nil
}
