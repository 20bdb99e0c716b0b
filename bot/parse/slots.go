package parse

import (
	_ "embed"
	"slices"
	"strings"
)

// Parameters that are words of the message and have more shapes than rules: who is who on a card of a new lead (firm, name, job, need, place,
// trade, in any order), what a deal is for, why it was lost, what is looked for. Two chains like those of [roleTable] learn which stretch is which;
// the rules' own reading is among what they see.

// cardTable and textTable are the two chains as they were learned (TestLearnSlots writes them anew), in the form of [roleTable].
var (
	//go:embed cards.txt
	cardTable string
	//go:embed texts.txt
	textTable string
)

// slots is a chain with what its tags stand for: the n-th of its parameters begins with tag 2n+1 and goes on with tag 2n+2.
type slots struct {
	file   string
	params [][]string          // those of one role have one tag
	of     map[string][]string // the parameters of an action, in the order in which they take their places in the message
	table  int                 // its place in [learned]
}

// slotChains are the two.
var slotChains = []*slots{
	{
		file:   "cards.txt",
		params: [][]string{{"company", "customer"}, {"contact"}, {"title"}, {"need"}, {"region"}, {"industry"}, {"source"}, {"campaign"}},
		of: map[string][]string{
			"lead.create":     {"company", "need", "contact", "title", "campaign", "industry", "region", "source"},
			"customer.create": {"customer", "contact", "title", "industry", "region", "source"},
			"contact.create":  {"customer", "contact", "title"},
		},
		table: 1,
	},
	{
		file:   "texts.txt",
		params: [][]string{{"product"}, {"title"}, {"reason"}, {"query"}, {"resolution"}, {"next"}, {"topic"}, {"journey"}, {"gift"}, {"competitor"}},
		of: map[string][]string{
			"deal.create": {"title", "product"}, "order.create": {"product"}, "coupon.send": {"product"}, "deal.lose": {"reason", "competitor"},
			"library.find": {"query"}, "approval.reject": {"reason"}, "approval.approve": {"reason"}, "ticket.close": {"resolution"}, "ticket.escalate": {"reason"},
			"points.adjust": {"reason"}, "points.redeem": {"gift"}, "activity.log": {"next"}, "help": {"topic"}, "journey.start": {"journey"},
		},
		table: 2,
	},
}

// chain is nil when none was learned.
func (c *slots) chain() *roleChain {
	if all := learned()[c.table]; len(all) > 0 {
		return all[0]
	}
	return nil
}

// How sure a chain must be to change, to add and to drop a parameter. Chosen by cross-validation (TestSlotsByCrossValidation).
const (
	sureToChange = 0.4
	sureToAdd    = 0.6
	sureToDrop   = 0.15
)

func (c *slots) tags() int { return 2*len(c.params) + 1 }

func (c *slots) role(param string) int {
	return 2*slices.IndexFunc(c.params, func(p []string) bool { return slices.Contains(p, param) }) + 1
}

// tagged gives the tags of what the actions say; whole is false when something of it does not stand in the message as it is. A source may be
// said in words that mean it.
func (c *slots) tagged(l *line, actions []Action) (tags []int, whole bool) {
	tags, whole = make([]int, len(l.norm)), true
	for _, a := range actions {
		for _, param := range c.of[a.Name] {
			v, _ := a.Params[param].(string)
			if v == "" {
				continue
			}
			i, j := l.where(v, tags)
			if i < 0 {
				if at, _ := l.where(v, nil); at < 0 && param != "source" {
					whole = false
				}
				continue
			}
			for k := i; k < j; k++ {
				tags[k] = c.role(param) + 1
			}
			tags[i]--
		}
	}
	return tags, whole
}

// slotFeatures are those of names and contents, and which words of the pack's lists begin and end at a place.
func (s *scan) slotFeatures(rules, actions []int) features {
	features := s.roleFeatures(rules, actions)
	for i, own := range features.own {
		if s.at[i] != nil {
			continue
		}
		for n, list := range []string{"industry", "region", "source", "level"} {
			t := s.v.terms[list].find
			if e := t.at(s.line, i); e > 0 {
				own = append(own, mix(60+n, rune(e)))
			}
			if e := t.endsAt(s.line, 0, i); e > 0 {
				own = append(own, mix(70+n, rune(e)))
			}
		}
		if e := s.v.jobs.endsAt(s.line, 0, i); e > 1 {
			own = append(own, mix(80, rune(e)))
		}
		features.own[i] = own
	}
	return features
}

// mendSlots lets a chain correct the frames whose parameters it knows.
func (s *scan) mendSlots(c *slots, chain *roleChain, frames []*frame) (mended bool) {
	if chain == nil || !slices.ContainsFunc(frames, func(f *frame) bool { return c.of[f.action] != nil && f.sure == 0 }) {
		return false
	}
	rules, _ := c.tagged(s.line, actionsOf(frames))
	features := s.slotFeatures(rules, s.actionNumbers(frames))
	spans, chances := chain.roleSpans(features)
	was := map[string]string{}
	for _, f := range frames {
		if len(f.more) > 0 || len(f.again) > 0 {
			continue
		}
		old := f.firm()
		for _, param := range c.of[f.action] {
			mended = f.mendSlot(c, param, spans, chances) || mended
		}
		if now := f.firm(); old != "" && now != "" && now != old {
			was[old] = now
		}
	}
	for _, f := range frames { // what was carried over from an action before
		if c, ok := f.params["customer"].(string); ok && was[c] != "" {
			f.set("customer", was[c])
		}
	}
	return mended
}

// ownJob reports whether [i,j) is a job of the pack's that somebody has (采购那边的刘姐); 管采购的 says what they see to.
func (f *frame) ownJob(i, j int) bool {
	return f.v.terms["job"].find.at(f.line, i) == j-i && (i == 0 || !strings.ContainsRune("管责搞做跑", f.norm[i-1]))
}

// mendSlot takes what the chain sees of a parameter where it is sure enough.
func (f *frame) mendSlot(c *slots, param string, spans []roleSpan, chances []float64) (mended bool) {
	role := c.role(param)
	var one *roleSpan
	n := 0
	for k := range spans {
		if s := &spans[k]; s.role == role && f.covers(s.i, s.j) {
			one = s
			n++
		}
	}
	old, had := f.params[param].(string)
	if one != nil && n == 1 && f.taken(c, param, f.said(one.i, one.j)) {
		return false
	}
	i, j := f.where(old, nil)
	if had && i >= 0 && f.v.known.at(f.line, i) == j-i { // a name of the speaker's records
		return false
	}
	switch {
	case n == 1:
		text := f.said(one.i, one.j)
		if param == "source" {
			if name, m := f.v.terms["source"].at(f.line, one.i); m == one.j-one.i {
				text = name
			}
		}
		if old == text || text == "" || had && one.sure < sureToChange || !had && one.sure < sureToAdd {
			f.doubtSlot(c, 1-one.sure)
			return false
		}
		f.set(param, text)
		f.mark(one.i, one.j)
		f.trail = append(f.trail, "  learned: "+param+" is "+text)
		f.doubtSlot(c, 1-one.sure)
		return true
	case n == 0 && had && i >= 0 && param != "source" && !(param == "title" && f.ownJob(i, j)) && !(f.action == "customer.create" && c.sees(spans, i, j)):
		most := 0.0
		for k := i; k < j; k++ {
			most = max(most, chances[k*c.tags()+role]+chances[k*c.tags()+role+1])
		}
		f.doubtSlot(c, 1-most)
		if most < sureToDrop {
			delete(f.params, param)
			if param == "customer" && f.carry != "" && carried[f.action] {
				f.set(param, f.carry)
			}
			f.trail = append(f.trail, "  learned: "+old+" is no "+param)
			return true
		}
	}
	return false
}

// taken tells whether text is the value of another parameter of the frame: who buys for himself is the customer, and no contact (新客户 王强 138…).
func (f *frame) taken(c *slots, param, text string) bool {
	return slices.ContainsFunc(c.of[f.action], func(other string) bool { return other != param && f.params[other] == text })
}

// sees tells whether a stretch has exactly these ends.
func (c *slots) sees(spans []roleSpan, i, j int) bool {
	return slices.ContainsFunc(spans, func(s roleSpan) bool { return s.i == i && s.j == j })
}

// doubtSlot notes how unsure a chain is of a parameter.
func (f *frame) doubtSlot(c *slots, x float64) {
	if c == slotChains[0] {
		f.unsureName = max(f.unsureName, x)
	} else {
		f.unsureSaid = max(f.unsureSaid, x)
	}
}

// firm is whom a card is of.
func (f *frame) firm() string {
	for _, param := range []string{"company", "customer"} {
		if v, ok := f.params[param].(string); ok {
			return v
		}
	}
	return ""
}
