package mail

import (
	"context"
	"strings"
	"testing"

	"gendan/bot/chat"
)

// TestWhoIsVouchedFor: only what our own mail server says of a sender counts, and only of the sender's domain.
func TestWhoIsVouchedFor(t *testing.T) {
	const from = "From: Wang <wq@mail.example.com>"
	for _, c := range []struct {
		name  string
		heads []string
		want  bool
	}{
		{"nothing is said", []string{from}, false},
		{"dmarc", []string{"Authentication-Results: mx.us.cn; dmarc=pass (p=none) header.from=mail.example.com", from}, true},
		{"dkim of the domain above", []string{"Authentication-Results: mx.us.cn 1; spf=fail smtp.mailfrom=x@evil.com; dkim=pass header.i=@example.com header.s=a", from}, true},
		{"spf", []string{"Authentication-Results: mx.us.cn;\r\n spf=pass smtp.mailfrom=wq@mail.example.com", from}, true},
		{"spf of another domain", []string{"Authentication-Results: mx.us.cn; spf=pass smtp.mailfrom=x@evil.com", from}, false},
		{"dkim of a domain that ends alike", []string{"Authentication-Results: mx.us.cn; dkim=pass header.d=le.com", from}, false},
		{"failed", []string{"Authentication-Results: mx.us.cn; dmarc=fail header.from=mail.example.com; dkim=none", from}, false},
		{"pass in a comment", []string{"Authentication-Results: mx.us.cn; dmarc=fail (; dmarc=pass header.from=mail.example.com)", from}, false},
		{"another server's word", []string{"Authentication-Results: mx.evil.com; dmarc=pass header.from=mail.example.com", from}, false},
		{"the forger's own, below ours", []string{"Authentication-Results: mx.us.cn; dmarc=fail header.from=mail.example.com", "Authentication-Results: mx.us.cn; dmarc=pass header.from=mail.example.com", from}, false},
		{"two senders", []string{"Authentication-Results: mx.us.cn; dmarc=pass header.from=mail.example.com", "From: wq@mail.example.com, x@evil.com"}, false},
		{"two headers", []string{"Authentication-Results: mx.us.cn; dmarc=pass header.from=mail.example.com", from, "From: x@evil.com"}, false},
	} {
		in, _, err := Read(wire(append(c.heads, "Subject: x", "Message-ID: <a@b>", "", "退订")...), Trust("mx.us.cn"))
		if err != nil || in.Authentic != c.want {
			t.Errorf("%s: %v, %v", c.name, in.Authentic, err)
		}
		if in, _, err := Read(wire(append(c.heads, "Subject: x", "", "退订")...), ""); err != nil || in.Authentic {
			t.Errorf("%s: vouched for by nobody: %v", c.name, err)
		}
	}
}

// TestUnsubscribeHeaders: the button of mail programs is one POST to https (RFC 8058), or a mail with the customer's own token; there
// is none where the page is not https, or there is nothing to end.
func TestUnsubscribeHeaders(t *testing.T) {
	made := func(in, page string) string {
		t.Helper()
		c := Config{SMTPURL: "smtp://localhost:25?from=service@example.com", IMAPURL: in}
		if in != "" {
			c.Take = func(context.Context, In) error { return nil }
		}
		a, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		m, err := a.message(chat.Reply{Text: "新茶到了"}, outward{Address: "wq@example.com", Unsubscribe: page})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		return strings.ReplaceAll(head, "\r\n ", " ")
	}
	const page, token = "https://crm.example.com/u/1a-0123456789abcdef0123", "1a-0123456789abcdef0123"
	const inbox = "imap://localhost:143"
	for _, c := range []struct {
		name, in, page string
		want, not      []string
	}{
		{"https, no mail in", "", page, []string{"List-Unsubscribe: <" + page + ">\r\n", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"}, []string{"mailto:"}},
		{"https and mail", inbox, page, []string{"List-Unsubscribe: <" + page + ">, <mailto:service@example.com?subject=unsubscribe%20" + token + ">\r\n", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"}, nil},
		{"http", "", "http://crm.example.com/u/x", []string{"List-Unsubscribe: <http://crm.example.com/u/x>\r\n"}, []string{"List-Unsubscribe-Post"}},
		{"nothing to end", inbox, "", nil, []string{"List-Unsubscribe"}},
		{"no address", "", "javascript:alert(1)", nil, []string{"List-Unsubscribe"}},
		{"with a password", "", "https://a:b@crm.example.com/u/x", nil, []string{"List-Unsubscribe"}},
	} {
		head := made(c.in, c.page) + "\r\n"
		for _, want := range c.want {
			if !strings.Contains(head, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, head)
			}
		}
		for _, not := range c.not {
			if strings.Contains(head, not) {
				t.Errorf("%s: %q in\n%s", c.name, not, head)
			}
		}
	}
}
