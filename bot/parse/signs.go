package parse

import "slices"

// base is the score of an answer without any doubt, in log odds.
const base = 4.46

// sign is something about an answer that makes it less likely to be right, and by how much in log odds.
type sign struct {
	name   string
	weight float64
}

// signs are in the order in which doubts gives their values.
var signs = []sign{
	{"characters that went into no parameter", -0.19},
	{"some characters went into no parameter", -0.43},
	{"a weak phrase", 0.00},
	{"no phrase at all", -0.50},
	{"a second action, and a third", -0.18},
	{"more than three clauses", -0.15},
	{"the name begins where it need not", -0.48},
	{"the name ends where it need not", -0.34},
	{"the name looks odd", -0.69},
	{"a time, amount or number is left over", -1.07},
	{"a customer may hide in a free text", -1.76},
	{"another phrase is as strong", 0.00},
	{"something is missing", -1.82},
	{"something is impossible", 0.00},
	{"a mark of question or negation", -0.06},
	{"every ten characters beyond the first ten", 0.00},
	{"a free text of one's own cutting", -0.12},
	{"the customer is an unsure one named before", 0.00},
	{"the customer could be a person", 0.00},
	{"several customers or colleagues", 0.00},
	{"an action that writes", -0.89},
	{"it says who, but no customer", -0.88},
	{"the second opinion doubts the action", -1.49},
	{"the second opinion sees another action", -1.56},
	{"every parameter beyond the second", 0.00},
	{"the end of a name is a close call", -0.80},
	{"what was learned is unsure of a name", -3.12},
	{"what was learned is unsure of what was said", -1.00},
	{"pairs of characters that nobody has said yet", -0.02},
}

// mostParams is how many parameters beyond the usual count as a doubt: an order of many plain parts stays plain.
const mostParams = 3

// fairlySure is what a learned edge may be short of certain without a doubt: 赵倩 at the end of a sentence is plain enough.
const fairlySure = 0.1

// mostUnheard is how many pairs of characters that nobody has said yet count as a doubt.
const mostUnheard = 10

// unheard counts the pairs of characters, outside names and what was recognised, that are in nothing the second opinion was learned from: what is
// said in new words is understood less often than its other signs tell.
func unheard(frames []*frame) int {
	known, n := &secondOpinion().votes.of, 0
	named := map[*scan][]bool{}
	for _, f := range frames {
		if named[f.scan] == nil {
			named[f.scan] = make([]bool, len(f.norm))
		}
		for _, p := range []string{"customer", "into", "company", "contact", "owner", "assignee", "to"} {
			if v, ok := f.params[p].(string); ok {
				if i := f.place(newLine(v)); i >= 0 {
					for k := range utf8Len(v) {
						named[f.scan][i+k] = true
					}
				}
			}
		}
	}
	for s, inName := range named {
		for i := 0; i+1 < len(s.norm); i++ {
			if inName[i] || inName[i+1] || s.at[i] != nil || s.at[i+1] != nil || !isHan(s.norm[i]) || !isHan(s.norm[i+1]) {
				continue
			}
			if !known.has(sequenceKey(s.norm[i : i+2])) {
				n++
			}
		}
	}
	return n
}

// doubts gives the value of each sign for an answer.
func doubts(frames []*frame, r Result) []float64 {
	x := make([]float64, len(signs))
	yes := func(n int, b bool) {
		if b {
			x[n] = 1
		}
	}
	for n, f := range frames {
		left := f.unread()
		x[0] += float64(min(left, 6))
		yes(1, left > 0)
		yes(2, f.hit.phrase >= 0 && f.hit.weight <= 3)
		yes(3, f.hit.phrase < 0)
		if n > 0 {
			x[4]++
		}
		yes(5, len(f.parts) > 3)
		for _, p := range []string{"customer", "into", "company"} {
			v, ok := f.params[p].(string)
			if !ok {
				continue
			}
			start, end, odd := f.nameDoubts(v)
			yes(6, start)
			yes(7, end)
			yes(8, odd)
			l := newLine(v)
			yes(18, p == "customer" && len(l.norm) <= 3 && f.person(0, 0) == 0 && (&scan{line: l, v: f.v, at: make([]*span, len(l.norm)+1)}).person(0, len(l.norm)) == len(l.norm) && isHan(l.norm[0]))
		}
		yes(9, f.unused("TMPID") > 0)
		yes(10, f.loose() || f.doubt > 0)
		x[11] += float64(min(f.rivals(), 3))
		yes(16, f.has("content") || f.has("reason") || f.has("need") || f.has("resolution") || f.has("query") || f.has("topic") || f.has("next"))
		if f.carry != "" && f.params["customer"] == f.carry {
			start, end, odd := f.nameDoubts(f.carry)
			yes(17, start || end || odd)
		}
		yes(19, len(f.more) > 0)
		yes(20, writes(f.action))
		x[22] = max(x[22], 1-f.own)
		x[23] = max(x[23], f.other*(1-f.own)) // both are likely where a complaint is also a report
		x[24] += float64(max(0, len(f.params)-2))
		x[25] = max(x[25], f.closeCall())
		x[26] = max(x[26], f.unsureName-fairlySure)
		x[27] = max(x[27], f.unsureSaid-fairlySure)
		yes(21, !f.has("customer") && f.has("contact") && f.action != "lead.create")
	}
	x[24] = min(x[24], mostParams)
	yes(12, r.Ask != "")
	yes(13, len(r.Problems) > 0)
	if len(frames) > 0 {
		s := frames[0].scan
		yes(14, s.moody || s.negated || slices.Contains(s.norm, '?') || hasAny(string(s.norm), []string{"不", "没", "别", "未"}))
		x[15] = float64(max(0, min(len(s.norm), 50)-10)) / 10
		x[28] = float64(min(unheard(frames), mostUnheard))
	}
	return x
}
