package mail

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/wneessen/go-mail"

	"gendan/bot/chat"
)

// outward is what a reply needs beside its words; the bot puts it into Reply.AnswerTo.
type outward struct {
	Address    string   `json:"address"`
	Subject    string   `json:"subject"`
	MessageID  string   `json:"message_id"`
	References []string `json:"references"` // oldest first

	// Unsubscribe is the address of a page that ends such mails: GET asks, POST does it (RFC 8058). "" where there is nothing to end.
	Unsubscribe string `json:"unsubscribe"`
}

// Send hands a mail to the SMTP server. The Message-ID is the bot's, the same at every try: programs show doubles as one.
func (a *Adapter) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	var out outward
	if err := json.Unmarshal(r.AnswerTo, &out); err != nil || out.Address == "" {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "address", Err: errors.New("mail: no address")}
	}
	if a.c.SMTPURL == "" {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "no_smtp", Advice: "发不出邮件：请设置 SMTP_URL。"}
	}
	m, err := a.message(r, out)
	if err != nil {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "address", Err: err}
	}
	c, err := a.client()
	if err != nil {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "smtp_url", Advice: "发不出邮件：请检查 SMTP_URL。", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := c.DialAndSendWithContext(ctx, m); err != nil {
		return "", explain(err)
	}
	return "", nil
}

// message makes the mail.
func (a *Adapter) message(r chat.Reply, out outward) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.FromFormat(a.c.Company, a.from); err != nil {
		return nil, err
	}
	if err := m.To(out.Address); err != nil {
		return nil, err
	}
	subject := tidyLine(out.Subject)
	if subject == "" {
		subject, _, _ = strings.Cut(r.Text, "\n")
		subject = clip(subject, 40)
	}
	m.Subject(subject)
	m.SetDateWithValue(a.c.Now())
	if out.MessageID != "" {
		m.SetMessageIDWithValue(tidyID(out.MessageID))
	}
	var refs []string
	for _, id := range out.References {
		if id = tidyID(id); id != "" {
			refs = append(refs, "<"+id+">")
		}
	}
	if len(refs) > 0 {
		m.SetGenHeaderPreformatted("In-Reply-To", refs[len(refs)-1])
		m.SetGenHeaderPreformatted("References", strings.Join(refs, "\r\n "))
	}
	a.unsubscribe(m, out.Unsubscribe)
	m.SetGenHeader(ownMark, "1")
	m.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	m.SetBodyString(mail.TypeTextPlain, r.Text)
	return m, nil
}

// unsubscribe lets mail programs offer a button that ends such mails (RFC 2369), by one POST without a page where the address is
// https (RFC 8058), or by a mail to us where we read mail: the token in it is the customer's own. What is no address is left out.
func (a *Adapter) unsubscribe(m *mail.Msg, page string) {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || len(page) > 900 {
		return
	}
	ways := "<" + u.String() + ">"
	if token := path.Base(u.Path); a.c.IMAPURL != "" && plainToken.MatchString(token) {
		ways += ", <mailto:" + a.from + "?subject=unsubscribe%20" + token + ">"
	}
	m.SetGenHeaderPreformatted("List-Unsubscribe", ways)
	if u.Scheme == "https" {
		m.SetGenHeaderPreformatted("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
}

var plainToken = regexp.MustCompile(`^[0-9A-Za-z-]{8,80}$`)

// tidyID is a Message-ID that cannot end its header: without what ids never hold.
func tidyID(id string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c >= 0x7f || c == '<' || c == '>' {
			return -1
		}
		return c
	}, id)
}

func (a *Adapter) client() (*mail.Client, error) {
	opts := []mail.Option{mail.WithPort(a.out.port), mail.WithTimeout(sendTimeout)}
	switch {
	case a.out.tls:
		opts = append(opts, mail.WithSSL())
	case a.out.near:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if a.out.user != "" {
		auth := mail.SMTPAuthAutoDiscover
		if a.out.near && !a.out.tls {
			auth = mail.SMTPAuthPlainNoEnc
		}
		opts = append(opts, mail.WithSMTPAuth(auth), mail.WithUsername(a.out.user), mail.WithPassword(a.out.password))
	}
	return mail.NewClient(a.out.host, opts...)
}

// explain tells what a failed sending means: a refusal for good, a server that is away, or a mail that may have left.
func explain(err error) error {
	var refused *mail.SendError
	var away *net.OpError
	said := errors.New("mail: " + anyAddress.ReplaceAllString(tidyLine(err.Error()), "…")) // servers name whom they refuse, and errors go to the log
	switch {
	case errors.As(err, &refused) && !refused.IsTemp() && refused.ErrorCode() >= 500:
		return &chat.SendError{Fault: chat.Rejected, Code: "smtp", Advice: "邮件被拒收：请核对客户的邮箱地址，或看看发信邮箱是不是被限制。", Err: said}
	case errors.As(err, &away) && away.Op == "dial":
		return &chat.SendError{Fault: chat.Retry, Code: "smtp_away", Err: said}
	case errors.Is(err, context.DeadlineExceeded):
		return &chat.SendError{Fault: chat.Unsure, Code: "smtp_timeout", Err: said}
	}
	return &chat.SendError{Fault: chat.Retry, Code: "smtp", Advice: "发邮件不顺利：请检查 SMTP_URL 的账号和授权码。", Err: said}
}

var anyAddress = regexp.MustCompile(`[^\s<>"',:;()@]+@[^\s<>"',:;()@]+`)
