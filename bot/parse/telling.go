package parse

import (
	_ "embed"
	"sync"
)

// tellingTable is a table like [opinionTable] for the two things that people say of a customer in a few words without any word of command:
// something that they tell (远航用的是用友的系统: a note) and a question that the customer's card answers (海纳的地址是什么). It knows whole
// messages only, so that the parts of longer ones are read as they are without it. TestLearnTellings writes it anew.
//
//go:embed tellings.txt
var tellingTable string

var tellings = sync.OnceValue(func() *opinions { return opinionsOf(tellingTable) })

const (
	longestTold = 40   // characters
	toldSure    = 0.6  // where nothing else was understood
	toldSurer   = 0.8  // where the second opinion alone thinks otherwise
	toldSurest  = 0.95 // where a phrase of no great weight does
)

// guessable are the actions as which a telling is misread.
var guessable = map[string]bool{"customer.view": true, "library.find": true, "deal.lose": true, "deal.create": true, "deal.update": true,
	"approval.reject": true, "approval.approve": true, "contract.create": true, "payment.record": true, "payment.plan": true, "customer.update": true, "customer.transfer": true,
	"report.performance": true, "reminder.snooze": true, "activity.log": true}

// bids are words with which somebody is told to do or to leave something.
var bids = []string{"先别", "别往", "别把", "别给", "别再", "别动", "不要把", "不要给", "帮我", "麻烦", "给我把", "往前挪", "往后挪"}

// onlyTells gives the action of a short message that only tells or asks something of a customer, where frames, which the phrases and the second opinion
// made of it, say something else; "" of any other.
func (s *scan) onlyTells(frames []*frame) string {
	if len(frames) > 1 || s.negated || len(s.norm) > longestTold || len(s.norm) < 4 {
		return ""
	}
	if i, j := s.trim(0, len(s.norm)); j-i < 4 || s.norm[j-1] == s.norm[j-2] || hasAny(string(s.norm[i:j]), bids) { // 往前挪挪, 先别挪了: to do or to leave something
		return ""
	}
	least, was := toldSure, ""
	if len(frames) == 1 {
		f := frames[0]
		switch was = f.action; {
		case f.sure > 0 || !guessable[f.action] || f.hit.weight > 5 || len(s.clauses()) > 1 || hasAny(string(s.norm), supposes):
			return ""
		case f.hit.phrase >= 0:
			least = toldSurest
		default:
			least = toldSurer
		}
	}
	o := tellings()
	best := ""
	for n, p := range o.ofText(s, s.signText(s.clauses())) {
		if p >= least && !(s.moody && writes(o.actions[n])) {
			best, least = o.actions[n], p
		}
	}
	if best == was {
		return ""
	}
	return best
}
