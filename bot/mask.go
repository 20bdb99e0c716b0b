package bot

import (
	"regexp"
	"strings"

	"gendan/bot/chat"
)

var (
	// amounts and numbers are what a group must not read: money, and runs of digits long enough for a phone.
	amounts = regexp.MustCompile(`¥[0-9][0-9,]*(\.[0-9]+)?`)
	numbers = regexp.MustCompile(`[0-9][0-9 -]{6,}[0-9]`)
	// dates look like numbers and are no secret.
	dates = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2})?$`)
)

// hidePrivate masks money and phones in a text, wherever they come from: a field, a history, what somebody typed.
func hidePrivate(s string) string {
	s = amounts.ReplaceAllString(s, "¥＊＊＊")
	return numbers.ReplaceAllStringFunc(s, func(n string) string {
		digits := strings.NewReplacer(" ", "", "-", "").Replace(n)
		if len(digits) < 8 || dates.MatchString(n) {
			return n
		}
		return digits[:3] + "****" + digits[len(digits)-4:]
	})
}

// sums are amounts as people write them, without a sign of money before: 38万, 3200元, 5k.
var sums = regexp.MustCompile(`[0-9０-９一二三四五六七八九十百千两][0-9０-９一二三四五六七八九十百千.,，]*\s*(万|元|块|千|亿|[kKwW])`)

// mails are mail addresses.
var mails = regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)+`)

// hideSums masks the amounts in what a customer wrote.
func hideSums(s string) string { return sums.ReplaceAllString(s, "＊＊＊") }

// discreet is r as a group may read it.
func discreet(r chat.Reply) chat.Reply {
	r.Text, r.Markdown = hidePrivate(r.Text), hidePrivate(r.Markdown)
	if r.Card == nil {
		return r
	}
	c := *r.Card
	c.Title, c.Body, c.Note = hidePrivate(c.Title), hidePrivate(c.Body), hidePrivate(c.Note)
	c.Fields = append([]chat.Field(nil), c.Fields...)
	for i, f := range c.Fields {
		c.Fields[i].Old, c.Fields[i].Value, c.Fields[i].Evidence = hidePrivate(f.Old), hidePrivate(f.Value), hidePrivate(f.Evidence)
	}
	r.Card = &c
	return r
}
