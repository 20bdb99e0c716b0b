// Package namecard reads business cards: the lines of text of one, as typed or as a program read them in a
// picture, and the machine forms vCard and MECARD. It is pure and deterministic. What was misread is put right
// only where the value itself proves it: a mobile number has eleven digits and begins with 1, mail addresses end in
// domains that exist. Everything else stays as it was read, for a person looks at it before it is kept.
package namecard

import (
	"slices"
	"strings"
)

// Card is what a business card says.
type Card struct {
	Name    string
	Company string
	Title   string   // 职务, with the department where the card has one
	Mobiles []string // 11 digits, or + and a country code
	Phones  []Number // landlines, 400 numbers
	Faxes   []string
	Mails   []string
	WeChat  string
	QQ      string
	Address string
	Website string
}

// Number is a telephone that several people may share.
type Number struct {
	Digits    string // with the area code: 02158881234; without one where the card has none
	Extension string // 分机
}

// String is the number as people dial it.
func (n Number) String() string {
	if n.Extension == "" {
		return n.Digits
	}
	return n.Digits + " 转 " + n.Extension
}

// Phone is the number to call first: a mobile, else a landline that can be dialled from anywhere; "" without one.
func (c Card) Phone() string {
	if len(c.Mobiles) > 0 {
		return c.Mobiles[0]
	}
	for _, n := range c.Phones {
		if complete(n.Digits) {
			return n.Digits
		}
	}
	return ""
}

// Empty reports whether nothing was found.
func (c Card) Empty() bool {
	return c.Name == "" && c.Company == "" && c.Title == "" && c.Website == "" && c.Address == "" && !c.Reachable()
}

// Reachable reports whether the card says how to get in touch.
func (c Card) Reachable() bool {
	return len(c.Mobiles)+len(c.Phones)+len(c.Mails) > 0 || c.WeChat != "" || c.QQ != ""
}

// Likely reports whether text with this in it was a business card: somebody or some firm, a way to get in touch, and
// something more.
func (c Card) Likely() bool {
	if c.Name == "" && c.Company == "" || !c.Reachable() {
		return false
	}
	more := 0
	for _, has := range []bool{c.Name != "", c.Company != "", c.Title != "", len(c.Mails) > 0, c.Address != "", c.Website != "", len(c.Faxes) > 0, len(c.Mobiles)+len(c.Phones) > 0} {
		if has {
			more++
		}
	}
	return more >= 3
}

// Read reads the lines of one card, from top to bottom.
func Read(lines []string) Card { return Merge(lines) }

// Merge reads one card that was read in several ways, the most trusted first: each field is taken from where it
// holds best, and a name or a number from what most of them say.
func Merge(readings ...[]string) Card {
	cards := make([]Card, 0, len(readings))
	for _, lines := range readings {
		cards = append(cards, read(lines))
	}
	if len(cards) == 0 {
		return Card{}
	}
	out := Card{
		Name:    vote(cards, func(c Card) string { return c.Name }, nameWorth),
		Company: vote(cards, func(c Card) string { return c.Company }, companyWorth),
		Title:   vote(cards, func(c Card) string { return c.Title }, titleWorth),
		WeChat:  vote(cards, func(c Card) string { return c.WeChat }, nil),
		QQ:      vote(cards, func(c Card) string { return c.QQ }, nil),
		Address: vote(cards, func(c Card) string { return c.Address }, func(s string) int { return len([]rune(s)) }),
		Website: vote(cards, func(c Card) string { return c.Website }, nil),
	}
	out.Mobiles = numbers(cards, func(c Card) []string { return c.Mobiles })
	out.Faxes = numbers(cards, func(c Card) []string { return c.Faxes })
	extension := map[string]string{}
	landlines := numbers(cards, func(c Card) (all []string) {
		for _, n := range c.Phones {
			all = append(all, n.Digits)
			if extension[n.Digits] == "" {
				extension[n.Digits] = n.Extension
			}
		}
		return all
	})
	for _, d := range landlines {
		if !slices.Contains(out.Faxes, d) {
			out.Phones = append(out.Phones, Number{d, extension[d]})
		}
	}
	out.Mails = numbers(cards, func(c Card) []string { return c.Mails })
	for i, m := range out.Mails {
		out.Mails[i] = provenByWebsite(m, out.Website)
	}
	out.Mails = slices.Compact(out.Mails)
	return out
}

// vote is the value that most cards agree on; among equals the one of most worth, then the first.
func vote(cards []Card, of func(Card) string, worth func(string) int) string {
	count, order := map[string]int{}, []string{}
	for _, c := range cards {
		v := of(c)
		if v == "" {
			continue
		}
		if count[v] == 0 {
			order = append(order, v)
		}
		count[v]++
	}
	best, most := "", -1
	for _, v := range order {
		points := 2 * count[v]
		if worth != nil {
			points += worth(v)
		}
		if points > most {
			best, most = v, points
		}
	}
	return best
}

// numbers joins lists of the same values read several times. Two that differ little are one that was misread once: the
// one seen more often stays, else the first.
func numbers(cards []Card, of func(Card) []string) (out []string) {
	count := map[string]int{}
	for _, c := range cards {
		seen := map[string]bool{}
		for _, v := range of(c) {
			if !seen[v] {
				count[v]++
			}
			seen[v] = true
		}
	}
	for i, c := range cards {
		own := of(c)
		for _, v := range own {
			at := slices.IndexFunc(out, func(o string) bool {
				return o == v || i > 0 && !slices.Contains(own, o) && nearly(o, v)
			})
			switch {
			case at < 0:
				out = append(out, v)
			case count[v] > count[out[at]]:
				out[at] = v
			}
		}
	}
	return out
}

// nearly reports whether two values differ in one or two characters, or by one that was lost.
func nearly(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	switch len(b) - len(a) {
	case 0:
		diff := 0
		for i := range len(a) {
			if a[i] != b[i] {
				diff++
			}
		}
		return diff <= 2 && diff*5 <= len(a)
	case 1:
		for i := range len(b) {
			if b[:i]+b[i+1:] == a {
				return true
			}
		}
	}
	return strings.EqualFold(a, b)
}
