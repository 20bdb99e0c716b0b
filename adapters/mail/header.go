package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
)

// wordDecoder reads encoded words in headers in whatever charset they are.
var wordDecoder = mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) { return charset.Reader(name, r) }}

// decoded is a header as people read it. Bytes that nobody has encoded are UTF-8 or GB18030.
func decoded(h message.Header, name string) string {
	raw := unGB(h.Get(name))
	if s, err := wordDecoder.DecodeHeader(raw); err == nil {
		return s
	}
	return raw
}

// sender is who wrote: Reply-To where somebody else shall be answered has no say, for a ticket belongs to who writes.
func sender(h message.Header) (address, name string) {
	raw := unGB(h.Get("From"))
	parser := mail.AddressParser{WordDecoder: &wordDecoder}
	list, err := parser.ParseList(raw)
	if err == nil && len(list) > 0 {
		return strings.ToLower(list[0].Address), clip(tidyLine(list[0].Name), 60)
	}
	m := bareAddress.FindString(raw)
	if m == "" {
		return "", ""
	}
	before, _, _ := strings.Cut(raw, m)
	if dec, err := wordDecoder.DecodeHeader(before); err == nil {
		before = dec
	}
	return strings.ToLower(m), clip(tidyLine(strings.Trim(before, "<\"' ")), 60)
}

var bareAddress = regexp.MustCompile(`[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}`)

// references are the mails that a mail follows, oldest first; the one that it answers to is the last.
func references(h message.Header) []string {
	var ids []string
	for _, m := range messageIDs.FindAllStringSubmatch(h.Get("References")+" "+h.Get("In-Reply-To"), 60) {
		id := m[1]
		if i := slices.Index(ids, id); i >= 0 {
			ids = slices.Delete(ids, i, i+1)
		}
		ids = append(ids, id)
	}
	return ids
}

var messageIDs = regexp.MustCompile(`<([^<>\s]{3,900})>`)

// madeID stands for the Message-ID of a mail without one: the same mail has the same.
func madeID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16]) + "@none.invalid"
}

// ownMark is the header by which we know our own mail.
const ownMark = "X-Gendan"

var (
	robots   = regexp.MustCompile(`^(?:mailer-daemon|postmaster|bounce[s]?(?:[+.-].*)?|no-?reply-bounce)@`)
	awayLine = regexp.MustCompile(`(?i)^\s*(?:自动(?:回复|答复)|休假自动|automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office)`)
	backLine = regexp.MustCompile(`(?i)^\s*(?:退信|系统退信|undeliver|delivery status notification|mail delivery (?:failed|failure)|returned mail|邮件(?:投递失败|发送失败))`)
)

// automatic tells why a mail is no person's word to us (RFC 3834, and what programs do instead).
func automatic(h message.Header, in In, own []string) string {
	kind, _, _ := h.ContentType()
	auto := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted")))
	precedence := strings.ToLower(strings.TrimSpace(h.Get("Precedence")))
	switch {
	case h.Has(ownMark) || slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, in.From) && o != "" }):
		return Loop
	case kind == "multipart/report", strings.TrimSpace(h.Get("Return-Path")) == "<>", robots.MatchString(in.From), h.Has("X-Failed-Recipients"), backLine.MatchString(in.Subject):
		return Bounce
	case auto != "" && auto != "no", h.Has("X-Autoreply"), h.Has("X-Autorespond"), h.Has("X-Auto-Reply"), precedence == "auto_reply", awayLine.MatchString(in.Subject):
		return Automatic
	case precedence == "bulk", precedence == "junk", precedence == "list", h.Has("List-Id"), h.Has("List-Unsubscribe"):
		return List
	case in.From == "":
		return Nobody
	}
	return ""
}

// tidyLine is s on one line without control characters.
func tidyLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))), " ")
}

// clip cuts s to most characters.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
