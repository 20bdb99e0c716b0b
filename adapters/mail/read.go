package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // GB18030 and the others that mail comes in
	"golang.org/x/text/encoding/simplifiedchinese"
)

const (
	mostParts = 200       // of a mail, nested ones included
	mostText  = 256 << 10 // bytes of one part's text
	mostFiles = 20        // attachments that are named
)

// In is a mail that was received.
type In struct {
	ID         string   // Message-ID without its brackets; made from the content where a mail has none
	From       string   // address, small letters
	Name       string   // of the sender, as the mail says
	Subject    string   //
	Text       string   // what was written, without what it answers to
	References []string // Message-IDs of the mails before it, oldest first
	Ticket     int64    // that the subject bears: [#1024]; 0 is none
	Files      []string // names of what is attached
	At         time.Time

	Authentic bool // the mail server vouches that From wrote it
}

// Trust is the name under which the mail server that is read from writes down how it has checked senders (authserv-id, RFC 8601); ""
// trusts nobody.
type Trust string

// Why a mail is nobody's word to us.
const (
	Automatic = "automatic" // an answer that a program gave: out of office, ticket systems
	Bounce    = "bounce"    // a report that a mail did not arrive
	List      = "list"      // a newsletter or a mailing list
	Loop      = "loop"      // our own mail come back
	Nobody    = "nobody"    // without a sender that could be answered
)

// Read reads a mail as it came over the wire. ignore says why it is no word of a customer's; "" is that it is one. A mail
// that is cut off, or broken in one of its parts, is read as far as it goes. own are our addresses.
func Read(raw []byte, trust Trust, own ...string) (in In, ignore string, err error) {
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil {
		return in, "", fmt.Errorf("mail: %w", err)
	}
	h := e.Header
	in.Subject = tidyLine(decoded(h, "Subject"))
	in.From, in.Name = sender(h)
	in.ID = strings.Trim(strings.TrimSpace(h.Get("Message-Id")), "<>")
	if in.ID == "" || len(in.ID) > 900 {
		in.ID = madeID(raw)
	}
	in.References = references(h)
	if at, err := mail.ParseDate(h.Get("Date")); err == nil {
		in.At = at.UTC()
	}
	if m := numberIn.FindStringSubmatch(in.Subject); m != nil {
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			in.Ticket = n
		}
	}
	in.Authentic = authentic(h, string(trust), in.From)
	if ignore = automatic(h, in, own); ignore != "" {
		return in, ignore, nil
	}
	w := &walker{in: &in}
	w.part(e, 0)
	in.Text = w.plain
	if strings.TrimSpace(in.Text) == "" {
		in.Text = textOf(w.html)
	}
	in.Text = strings.TrimSpace(cleanText(in.Text))
	if len(in.References) > 0 || in.Ticket != 0 {
		if own := written(in.Text); own != "" {
			in.Text = own
		}
	}
	return in, "", nil
}

var numberIn = regexp.MustCompile(`\[#(\d{1,12})\]`)

// walker collects the words and the names of what is attached.
type walker struct {
	in          *In
	plain, html string
	parts       int
}

func (w *walker) part(e *message.Entity, depth int) {
	if w.parts++; w.parts > mostParts || depth > 20 {
		return
	}
	if mr := e.MultipartReader(); mr != nil {
		for w.parts <= mostParts {
			p, err := mr.NextPart()
			if p == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
				return // the end, or a mail that is cut off
			}
			w.part(p, depth+1)
		}
		return
	}
	kind, params, _ := e.Header.ContentType()
	disposition, dparams, _ := e.Header.ContentDisposition()
	name := firstOf(dparams["filename"], params["name"])
	if disposition == "attachment" || name != "" && !strings.HasPrefix(kind, "text/") || kind == "message/rfc822" {
		w.file(name, kind)
		return
	}
	switch kind {
	case "text/plain", "":
		w.plain = joined(w.plain, words(e.Body))
	case "text/html":
		w.html = joined(w.html, words(e.Body))
	default:
		if !strings.HasPrefix(kind, "image/") { // pictures in the text are decoration
			w.file(name, kind)
		}
	}
}

func (w *walker) file(name, kind string) {
	if name == "" {
		name = map[bool]string{true: "转发的邮件.eml", false: "附件"}[kind == "message/rfc822"]
	}
	if dec, err := (&wordDecoder).DecodeHeader(name); err == nil {
		name = dec
	}
	if len(w.in.Files) < mostFiles {
		w.in.Files = append(w.in.Files, clip(tidyLine(name), 80))
	}
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}

// words reads a part's text. What is not UTF-8 after decoding was said to be in another charset than it is: in Chinese mail
// that is GB18030.
func words(r io.Reader) string {
	b, err := io.ReadAll(io.LimitReader(r, mostText))
	if err != nil && len(b) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ""
	}
	return unGB(string(b))
}

func unGB(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	if gb, err := simplifiedchinese.GB18030.NewDecoder().String(s); err == nil && !strings.ContainsRune(gb, utf8.RuneError) {
		return gb
	}
	return strings.ToValidUTF8(s, "")
}

// cleanText drops what no reader sees and makes ends of lines one.
func cleanText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u200b", "", "\ufeff", "", "\x00", "").Replace(s)
	lines := strings.Split(s, "\n")
	var out []string
	for _, l := range lines {
		l = strings.TrimRight(l, " \t")
		if l == "" && len(out) > 0 && out[len(out)-1] == "" {
			continue
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

// What stands above the mail that an answer repeats, as the mail programs of this country and others write it.
var (
	quoteBegins = regexp.MustCompile(`(?mi)^\s*(?:-{2,}\s*(?:original message|原始邮件|回复的原邮件|forwarded message|转发邮件信息)\s*-{2,}|_{10,}\s*$|on .{5,200} wrote:\s*$|在?\s*\d{4}[-年/].{4,80}(?:写道|写到)\s*[:：]?\s*$|.{0,60}于\s*\d{4}.{4,60}写道\s*[:：]?\s*$|(?:发件人|寄件者|from)\s*[:：].+\n\s*(?:发送时间|发送日期|日期|收件人|sent|date|to)\s*[:：])`)
	signature   = regexp.MustCompile(`(?m)^--\s?$`)
)

// written is what an answer says itself: without the mail it repeats and without the signature.
func written(text string) string {
	if at := quoteBegins.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	if at := signature.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	var kept []string
	for l := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(l), ">") {
			kept = append(kept, l)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
