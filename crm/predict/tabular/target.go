package tabular

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is the question that is asked of a table; it decides which of two outcomes counts as "came true".
type Kind string

// The questions.
const (
	Lead  Kind = "lead"  // does the lead become a customer
	Win   Kind = "win"   // is the deal won
	Churn Kind = "churn" // does the customer leave
)

// Kinds are all questions.
var Kinds = []Kind{Lead, Win, Churn}

// What an outcome is called, in lower case: whole words that are right for every question, then those of one.
var (
	yesWords = []string{"1", "yes", "y", "true", "t", "positive", "success", "successful", "是", "有", "真", "对", "成功", "√", "✓"}
	noWords  = []string{"0", "-1", "no", "n", "false", "f", "negative", "failure", "failed", "否", "无", "没有", "假", "不是", "失败", "×", "✗"}
	cameTrue = map[Kind][]string{
		Lead:  {"converted", "convert", "qualified", "won", "win", "customer", "subscribed", "purchased", "bought", "closed won", "sale", "hot", "已转化", "转化", "成交", "已成交", "转客户", "已转客户", "赢单", "合格"},
		Win:   {"won", "win", "closed won", "closed-won", "closedwon", "closed_won", "success", "signed", "赢单", "赢", "成交", "已成交", "签约", "已签约", "中标", "成单", "赢得"},
		Churn: {"churned", "churn", "left", "lost", "exited", "exit", "attrited", "attrited customer", "cancelled", "canceled", "inactive", "closed", "terminated", "gone", "dormant", "流失", "已流失", "离开", "退订", "注销", "已注销", "流失客户", "沉睡"},
	}
	didNot = map[Kind][]string{
		Lead:  {"not converted", "unconverted", "unqualified", "disqualified", "lost", "junk", "dead", "rejected", "closed lost", "not interested", "cold", "未转化", "未成交", "无效", "输单", "不合格", "放弃"},
		Win:   {"lost", "loss", "lose", "closed lost", "closed-lost", "closedlost", "closed_lost", "dead", "abandoned", "rejected", "输单", "丢单", "输", "未成交", "流失", "失单", "未中标", "放弃", "已丢单"},
		Churn: {"active", "retained", "stayed", "stay", "existing", "existing customer", "current", "loyal", "not churned", "no churn", "open", "活跃", "留存", "在网", "未流失", "正常", "留存客户", "存量"},
	}
	cameRoots = map[Kind][]string{
		Lead: {"convert", "qualif", "won", "subscrib", "成交", "转化", "赢"}, Win: {"won", "win", "success", "赢", "成交", "签"}, Churn: {"churn", "attrit", "exit", "cancel", "left", "leav", "流失", "注销", "退"},
	}
	negations = []string{"not ", "not_", "non", "no ", "un", "never", "未", "没", "不", "非"}
)

// outcome is what became of a row.
type outcome int8

const (
	open outcome = iota // nothing yet, or something else
	came
	not
)

// outcomes reads the column of the target. yes and no are the values as written; left says how many rows had neither.
func outcomes(cells []string, k Kind) (out []outcome, yes, no string, err error) {
	counts := map[string]int{}
	for _, s := range cells {
		if s = plain(s); s != "" {
			counts[s]++
		}
	}
	values := make([]string, 0, len(counts))
	for s := range counts {
		values = append(values, s)
	}
	slices.Sort(values)
	verdict := map[string]outcome{}
	for _, v := range values {
		verdict[v] = judge(v, k)
	}
	count := func(o outcome) (names []string) {
		for _, v := range values {
			if verdict[v] == o {
				names = append(names, v)
			}
		}
		return names
	}
	switch {
	case len(values) < 2:
		return nil, "", "", fmt.Errorf("the target has %d value: two are needed", len(values))
	case len(count(came)) > 0 && len(count(not)) > 0: // anything else is open
	case len(values) == 2:
		a, b := values[0], values[1]
		switch {
		case numberBelow(b, a): // of two numbers the larger one is "came true"
			verdict[a], verdict[b] = came, not
		case numberBelow(a, b):
			verdict[b], verdict[a] = came, not
		case verdict[a] == came || verdict[b] == not:
			verdict[a], verdict[b] = came, not
		case verdict[b] == came || verdict[a] == not:
			verdict[b], verdict[a] = came, not
		case counts[a] < counts[b]: // what is asked for is mostly the rarer of the two
			verdict[a], verdict[b] = came, not
		default:
			verdict[b], verdict[a] = came, not
		}
	default:
		return nil, "", "", fmt.Errorf("the target has %d values (%s): which are the two outcomes is not clear", len(values), strings.Join(values[:min(6, len(values))], ", "))
	}
	out = make([]outcome, len(cells))
	for i, s := range cells {
		if s = plain(s); s != "" {
			out[i] = verdict[s]
		}
	}
	return out, strings.Join(count(came), "/"), strings.Join(count(not), "/"), nil
}

// plain is a value of the target without differences of writing: 1.0 is 1, TRUE is true.
func plain(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(narrow(s)), ".。"))
	switch s {
	case "", "na", "n/a", "nan", "null", "none", "-", "--", "?":
		return ""
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return s
}

// judge tells what a value means, open when it is not known.
func judge(v string, k Kind) outcome {
	switch {
	case slices.Contains(cameTrue[k], v):
		return came
	case slices.Contains(didNot[k], v):
		return not
	case slices.Contains(yesWords, v):
		return came
	case slices.Contains(noWords, v):
		return not
	}
	for _, root := range cameRoots[k] {
		if strings.Contains(v, root) {
			for _, n := range negations {
				if strings.HasPrefix(v, n) || strings.Contains(v, " "+n) || strings.Contains(v, n+root) {
					return not
				}
			}
			return came
		}
	}
	return open
}

func numberBelow(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x < y
}
