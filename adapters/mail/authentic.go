package mail

import (
	"regexp"
	"strings"

	"github.com/emersion/go-message"
)

// authentic tells whether the mail server that we read from vouches for the sender: its own Authentication-Results (RFC 8601), which
// bear the name trust, say that the address in From is the sender's. Anybody can write such a header, so only the topmost counts,
// which is the one that the last server has put there; and without a name to trust nothing does.
func authentic(h message.Header, trust, from string) bool {
	_, domain, ok := strings.Cut(from, "@")
	if trust == "" || !ok || !oneSender(h) {
		return false
	}
	f := h.FieldsByKey("Authentication-Results")
	if !f.Next() {
		return false
	}
	parts := strings.Split(comments.ReplaceAllString(f.Value(), " "), ";")
	id, _, _ := strings.Cut(strings.TrimSpace(parts[0]), " ")
	if !strings.EqualFold(id, trust) {
		return false
	}
	for _, part := range parts[1:] {
		words := strings.Fields(strings.ToLower(part))
		if len(words) == 0 {
			continue
		}
		of := func(names ...string) bool {
			for _, w := range words[1:] {
				name, value, _ := strings.Cut(w, "=")
				for _, n := range names {
					if name == n && aligned(domain, value) {
						return true
					}
				}
			}
			return false
		}
		switch words[0] {
		case "dmarc=pass":
			if of("header.from") {
				return true
			}
		case "dkim=pass":
			if of("header.d", "header.i") {
				return true
			}
		case "spf=pass":
			if of("smtp.mailfrom") {
				return true
			}
		}
	}
	return false
}

var comments = regexp.MustCompile(`\([^()]*\)`)

// oneSender tells whether a mail names one sender, in one header: programs show different ones of several.
func oneSender(h message.Header) bool {
	n := 0
	for f := h.FieldsByKey("From"); f.Next(); n++ {
		if len(bareAddress.FindAllString(f.Value(), 2)) != 1 {
			return false
		}
	}
	return n == 1
}

// aligned tells whether what was checked (a domain, or an address) answers for the domain of From: the same, or one above it.
func aligned(domain, checked string) bool {
	checked = strings.Trim(checked, `"`)
	if i := strings.LastIndexByte(checked, '@'); i >= 0 {
		checked = checked[i+1:]
	}
	return checked == domain || strings.Contains(checked, ".") && strings.HasSuffix(domain, "."+checked)
}
