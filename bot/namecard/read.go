package namecard

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of what is read: a card has few lines, and nobody prints a novel on one.
const (
	mostLines   = 60
	longestLine = 160 // characters
)

// reading is a card while its lines are gone through.
type reading struct {
	card    Card
	english Card // what was said in Latin letters, where there may be Chinese
	parts   []part
}

func read(lines []string) Card {
	r := &reading{}
	for n, line := range lines {
		if n == mostLines {
			break
		}
		if utf8.RuneCountInString(line) > longestLine {
			line = string([]rune(line)[:longestLine])
		}
		if line = clean(line); line != "" {
			r.parts = append(r.parts, split(line, n)...)
		}
	}
	r.labelsAbove()
	for i := range r.parts {
		r.value(&r.parts[i])
	}
	r.places()
	r.people()
	return r.done()
}

// labelsAbove gives a label that stands alone the value of the next part.
func (r *reading) labelsAbove() {
	kept := r.parts[:0]
	waiting := none
	for _, p := range r.parts {
		switch {
		case p.text == "" && p.slot != none:
			waiting = p.slot
			continue
		case p.slot == none && waiting != none:
			p.slot = waiting
		}
		waiting = none
		kept = append(kept, p)
	}
	r.parts = kept
}

var sameNumber = regexp.MustCompile(`微信同号|微信同步|同微信|微信号同手机|(?:微信|wechat)\s*(?:同号|同)|[(（/]\s*微信\s*[)）]?|v同|\+v`)

var weChatID = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_\-]{5,19}`)

// value takes out of p what has a form of its own: mail, website, numbers. What is left stays for names and places.
func (r *reading) value(p *part) {
	c := &r.card
	if p.slot == other || p.slot == zip {
		p.text = ""
		return
	}
	mails, spans := mailsIn(p.text)
	for _, m := range mails {
		c.Mails = appendNew(c.Mails, m)
	}
	p.text = without(p.text, spans)
	if p.slot == weChat || p.slot == qq {
		r.handle(p)
		return
	}
	sites, spans := websitesIn(p.text, p.slot == website)
	for _, s := range sites {
		if c.Website == "" {
			c.Website = s
		}
	}
	p.text = without(p.text, spans)
	if p.slot == mail || p.slot == website {
		p.text = ""
		return
	}
	same := p.slot == mobileAndWeChat || sameNumber.MatchString(p.text)
	promised := p.slot == phone || p.slot == fax || p.slot == mobile || p.slot == phoneAndFax || p.slot == mobileAndWeChat
	if p.slot == address {
		return // house numbers are no telephones
	}
	spans = nil
	for _, f := range numbersIn(p.text, promised) {
		spans = append(spans, []int{f.from, f.to})
		switch {
		case p.slot == fax:
			c.Faxes = appendNew(c.Faxes, f.digits)
		case f.mobile:
			c.Mobiles = appendNew(c.Mobiles, f.digits)
			if same && c.WeChat == "" {
				c.WeChat = f.digits
			}
		default:
			c.Phones = append(c.Phones, Number{f.digits, f.extension})
		}
	}
	if len(spans) > 0 {
		p.text = sameNumber.ReplaceAllString(without(p.text, spans), " ")
	}
	if promised {
		p.slot, p.text = none, strings.Trim(p.text, " /,，;；()（）-:：")
		if countHan(p.text) < 2 {
			p.text = ""
		}
	}
}

// handle reads a WeChat id or a QQ number.
func (r *reading) handle(p *part) {
	c := &r.card
	text := p.text
	p.text = ""
	if p.slot == qq {
		if d := digitsOf(text); len(d) >= 5 && len(d) <= 12 && c.QQ == "" {
			c.QQ = d
		}
		return
	}
	for _, f := range numbersIn(text, false) {
		if f.mobile && c.WeChat == "" {
			c.WeChat = f.digits
			return
		}
	}
	if strings.Contains(text, "同手机") || strings.Contains(text, "手机同号") || strings.TrimSpace(text) == "同号" {
		if len(c.Mobiles) > 0 {
			c.WeChat = c.Mobiles[0]
		}
		return
	}
	if id := weChatID.FindString(strings.ReplaceAll(text, " ", "")); id != "" && c.WeChat == "" {
		c.WeChat = id
	}
}

// places reads companies and addresses.
func (r *reading) places() {
	c := &r.card
	best := 0
	for i := range r.parts {
		p := &r.parts[i]
		switch {
		case p.text == "":
			continue
		case p.slot == address || p.slot == none && isAddress(p.text) && companyWorth(p.text) < 4:
			r.address(i)
			continue
		case p.slot == company:
			c.Company, best, p.text = joined(p.text), 6, ""
			continue
		case p.slot != none:
			continue
		}
		name, worth := asCompany(p.text)
		switch {
		case worth == 1 && r.english.Company == "":
			r.english.Company, p.text = name, ""
		case worth > best:
			c.Company, best, p.text = name, worth, ""
		case worth > 0:
			p.text = "" // another firm of the house
		case strings.HasPrefix(p.text, c.Company) && c.Company != "":
			p.text = strings.TrimPrefix(p.text, c.Company)
		}
	}
}

// address reads the place that begins with part i, with the lines it runs on to.
func (r *reading) address(i int) {
	p := &r.parts[i]
	text := p.text
	for j := i + 1; j < len(r.parts) && j <= i+2; j++ {
		next := &r.parts[j]
		if next.slot != none || next.text == "" || next.line > r.parts[j-1].line+1 || titleWorth(next.text) > 0 || nameWorth(next.text) > 0 || companyWorth(next.text) > 1 {
			break
		}
		chinese := countHan(text) >= 4
		if chinese != (countHan(next.text) >= 2) && !(chinese && len(next.text) <= 8) || !isAddress(next.text) && !goesOn.MatchString(next.text) {
			break
		}
		if chinese {
			text += next.text
		} else {
			text += ", " + strings.TrimLeft(next.text, ", ")
		}
		next.text = ""
	}
	p.text = ""
	text = zipCode.ReplaceAllString(text, "")
	if countHan(text) >= 4 {
		if r.card.Address == "" {
			r.card.Address = strings.Trim(joined(text), " ,，;；()（）:：.")
		}
		return
	}
	if text = strings.Trim(text, " ,;:"); r.english.Address == "" && len(text) > 8 {
		r.english.Address = text
	}
}

var (
	goesOn  = regexp.MustCompile(`^(?:[A-Za-z]?\d|[\p{Han}]{0,12}(?:号|幢|栋|座|楼|层|室|单元|大厦|广场|园|[A-Z]?\d+))`)
	zipCode = regexp.MustCompile(`\s*[(（]?\s*(?:邮编|P\.?C\.?|Zip)?[:：]?\s*\b\d{6}\s*[)）]?\s*$`)
)

func (r *reading) done() Card {
	c := r.card
	pick := func(chinese *string, english string) {
		if *chinese == "" {
			*chinese = english
		}
	}
	pick(&c.Name, r.english.Name)
	pick(&c.Company, r.english.Company)
	pick(&c.Title, r.english.Title)
	pick(&c.Address, r.english.Address)
	return c
}

// without is text with spans blanked.
func without(text string, spans [][]int) string {
	b := []byte(text)
	for _, s := range spans {
		for i := s[0]; i < s[1] && i < len(b); i++ {
			b[i] = ' '
		}
	}
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(string(b)), ",，;；/|"))
}

func appendNew(list []string, v string) []string {
	for _, o := range list {
		if o == v {
			return list
		}
	}
	return append(list, v)
}
