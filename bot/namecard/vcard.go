package namecard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	vcard "github.com/emersion/go-vcard"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const (
	mostCards = 500     // of one vCard file
	mostVCard = 4 << 20 // bytes; photographs make them large
)

// ErrNoCard is the answer to bytes that hold no vCard.
var ErrNoCard = errors.New("namecard: no vCard")

// VCards reads a .vcf file of version 2.1, 3.0 or 4.0 with one card or many. Cards that are broken off are left out.
func VCards(data []byte) ([]Card, error) {
	if len(data) > mostVCard || !LooksLikeVCard(data) {
		return nil, ErrNoCard
	}
	decoder := vcard.NewDecoder(strings.NewReader(plainVCard(data)))
	var cards []Card
	for len(cards) < mostCards {
		v, err := decoder.Decode()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if len(cards) > 0 {
				break
			}
			return nil, fmt.Errorf("%w: %w", ErrNoCard, err)
		}
		if c := fromVCard(v); !c.Empty() {
			cards = append(cards, c)
		}
	}
	if len(cards) == 0 {
		return nil, ErrNoCard
	}
	return cards, nil
}

// LooksLikeVCard reports whether data begins as a vCard does.
func LooksLikeVCard(data []byte) bool {
	head := bytes.TrimLeft(data[:min(len(data), 64)], "\ufeff \r\n\t")
	return len(head) >= 11 && strings.EqualFold(string(head[:11]), "BEGIN:VCARD")
}

// plainVCard is a vCard in UTF-8 with quoted-printable values of version 2.1 decoded, as versions 3 and 4 write them.
func plainVCard(data []byte) string {
	text := string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if !utf8.ValidString(text) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(text); err == nil {
			text = s
		}
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var out strings.Builder
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		head, value, ok := strings.Cut(line, ":")
		upper := strings.ToUpper(head)
		switch {
		case !ok || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			out.WriteString(line + "\r\n")
			continue
		case !strings.Contains(upper, "QUOTED-PRINTABLE"):
			out.WriteString(named(head) + ":" + value + "\r\n")
			continue
		}
		for strings.HasSuffix(value, "=") && i+1 < len(lines) {
			i++
			value = strings.TrimSuffix(value, "=") + strings.TrimLeft(lines[i], " \t")
		}
		decoded, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value)))
		v := string(decoded)
		if strings.Contains(upper, "GB") || !utf8.ValidString(v) {
			if s, err := simplifiedchinese.GB18030.NewDecoder().String(v); err == nil && !utf8.ValidString(v) {
				v = s
			}
		}
		var keep []string
		for n, param := range strings.Split(head, ";") {
			if u := strings.ToUpper(param); n > 0 && (strings.Contains(u, "QUOTED-PRINTABLE") || strings.HasPrefix(u, "CHARSET")) {
				continue
			}
			keep = append(keep, param)
		}
		v = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(v)
		out.WriteString(named(strings.Join(keep, ";")) + ":" + v + "\r\n")
	}
	return out.String()
}

// named gives the parameters that version 2.1 writes without a name, TEL;CELL;VOICE, the name that they have since.
func named(head string) string {
	params := strings.Split(head, ";")
	for i, p := range params {
		if i > 0 && p != "" && !strings.Contains(p, "=") {
			params[i] = "TYPE=" + p
		}
	}
	return strings.Join(params, ";")
}

// fromVCard takes what a card has from a vCard.
func fromVCard(v vcard.Card) (c Card) {
	first := func(name string) string { return oneLine(v.PreferredValue(name)) }
	c.Name = first(vcard.FieldFormattedName)
	if n := v.Name(); n != nil {
		family, given := oneLine(n.FamilyName), oneLine(n.AdditionalName+n.GivenName)
		whole := family + given
		if countHan(whole) == 0 {
			whole = strings.TrimSpace(oneLine(n.GivenName) + " " + family)
		}
		if c.Name == "" || countHan(whole) > 0 && joined(c.Name) == oneLine(n.GivenName)+family { // 强 王 is 王强
			c.Name = whole
		}
	}
	c.Name = joined(c.Name)
	organisation, rest, _ := strings.Cut(v.PreferredValue(vcard.FieldOrganization), ";")
	c.Company, c.Title = oneLine(organisation), first(vcard.FieldTitle)
	if c.Title == "" {
		c.Title = first(vcard.FieldRole)
	}
	if d := oneLine(strings.ReplaceAll(rest, ";", "")); d != "" && !strings.Contains(c.Title, d) {
		c.Title = d + c.Title
	}
	for _, f := range v[vcard.FieldTelephone] {
		addTelephone(&c, strings.TrimPrefix(f.Value, "tel:"), strings.ToLower(strings.Join(f.Params[vcard.ParamType], ",")))
	}
	for _, f := range v[vcard.FieldEmail] {
		if mails, _ := mailsIn(f.Value); len(mails) > 0 {
			c.Mails = appendNew(c.Mails, mails[0])
		}
	}
	for _, f := range v[vcard.FieldURL] {
		if s := strings.TrimSpace(f.Value); c.Website == "" && s != "" {
			c.Website = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"), "/")
		}
	}
	if f := v.Address(); f != nil {
		parts := []string{f.Country, f.Region, f.Locality, f.StreetAddress, f.ExtendedAddress}
		if countHan(strings.Join(parts, "")) == 0 {
			parts = []string{f.ExtendedAddress, f.StreetAddress, f.Locality, f.Region, f.Country}
			c.Address = oneLine(strings.Join(filled(parts), ", "))
		} else {
			c.Address = joined(oneLine(strings.TrimPrefix(strings.Join(filled(parts), ""), "中国")))
		}
	}
	if c.Address == "" {
		c.Address = first("LABEL")
	}
	for _, name := range []string{"X-WECHAT", "X-WEIXIN", "X-WX"} {
		if s := first(name); s != "" {
			c.WeChat = s
		}
	}
	if s := first("X-QQ"); s != "" {
		c.QQ = s
	}
	return c
}

// addTelephone puts a number where its type and its form say.
func addTelephone(c *Card, value, types string) {
	all := numbersIn(strings.ReplaceAll(value, " ", ""), true)
	if len(all) == 0 {
		return
	}
	f := all[0]
	switch {
	case strings.Contains(types, "fax"):
		c.Faxes = appendNew(c.Faxes, f.digits)
	case f.mobile || strings.Contains(types, "cell") && strings.HasPrefix(f.digits, "+"):
		c.Mobiles = appendNew(c.Mobiles, f.digits)
	default:
		c.Phones = append(c.Phones, Number{f.digits, f.extension})
	}
}

// oneLine is a value on one line, without its escapes.
func oneLine(s string) string {
	s = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`, "\n", " ", "\r", " ").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

func filled(parts []string) (out []string) {
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Code reads what a QR code says when it holds a contact: a vCard or a MECARD. ok is false for anything else.
func Code(text string) (c Card, ok bool) {
	text = strings.TrimSpace(text)
	if LooksLikeVCard([]byte(text)) {
		cards, err := VCards([]byte(text))
		if err != nil {
			return c, false
		}
		return cards[0], true
	}
	if len(text) > 7 && strings.EqualFold(text[:7], "MECARD:") {
		c = meCard(text[7:])
		return c, !c.Empty()
	}
	return c, false
}

// meCard reads the fields of a MECARD: N:王,强;TEL:138…;EMAIL:…;;
func meCard(s string) (c Card) {
	for _, field := range meFields(s) {
		name, value, ok := strings.Cut(field, ":")
		value = strings.TrimSpace(unescape(value))
		if !ok || value == "" {
			continue
		}
		switch strings.ToUpper(strings.TrimSpace(name)) {
		case "N":
			family, given, two := strings.Cut(value, ",")
			switch {
			case !two:
				c.Name = joined(value)
			case countHan(value) > 0:
				c.Name = joined(family + given)
			default:
				c.Name = strings.TrimSpace(given + " " + family)
			}
		case "ORG", "COMPANY":
			c.Company = value
		case "TIL", "TITLE", "DIV":
			c.Title = value + c.Title
		case "TEL", "TEL-AV", "M", "MOBILE":
			addTelephone(&c, value, "")
		case "FAX":
			addTelephone(&c, value, "fax")
		case "EMAIL":
			if mails, _ := mailsIn(value); len(mails) > 0 {
				c.Mails = appendNew(c.Mails, mails[0])
			}
		case "ADR":
			c.Address = joined(strings.ReplaceAll(value, ",,", ""))
		case "URL":
			c.Website = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(value, "https://"), "http://"), "/")
		}
	}
	return c
}

// meFields cuts at semicolons that are not escaped.
func meFields(s string) (fields []string) {
	start, escaped := 0, false
	for i := range len(s) {
		switch {
		case escaped:
			escaped = false
		case s[i] == '\\':
			escaped = true
		case s[i] == ';':
			fields = append(fields, s[start:i])
			start = i + 1
		}
	}
	return append(fields, s[start:])
}

func unescape(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}
