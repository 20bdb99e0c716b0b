package parse

import (
	"reflect"
	"slices"
	"strings"
)

// tidy puts right what neither the rules nor the learned edges see of a message as a whole, and reports whether it changed anything.
func tidy(frames []*frame) (tidied []*frame, changed bool) {
	for n, f := range frames {
		changed = f.tidyNames() || changed
		changed = f.carryWhereUnsure(frames[:n]) || changed
	}
	tidied = slices.Clone(frames[:0])
	for _, f := range frames {
		if writes(f.action) && slices.ContainsFunc(tidied, f.orders) { // 商机把握八成，概率给80%
			changed = true
			continue
		}
		tidied = append(tidied, f)
	}
	return tidied, changed
}

// orders reports whether the other frame orders just the same.
func (f *frame) orders(other *frame) bool {
	return f.action == other.action && len(f.params) > 1 && reflect.DeepEqual(f.params, other.params)
}

// doings are English verbs that a name takes in where Chinese goes on behind them: BYD move到…, Zara place了…
var doings = []string{" move", " place", " placed", " push", " check", " update", " close", " add", " assign", " sign", " change", " order"}

// tidyNames takes particles in front of a customer's name, an English verb behind it, the verb behind a colleague's and 就写 before a reason; what is no
// name at all (够的话, 处理完了) is none.
func (f *frame) tidyNames() (changed bool) {
	if name, ok := f.params["customer"].(string); ok {
		short := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(name, "了 "), "的"), " ")
		if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i {
			for _, verb := range doings {
				if j < len(f.norm) && isHan(f.norm[j]) {
					short = strings.TrimSuffix(short, verb)
				}
			}
			if slices.Contains([]string{"to", "for", "the"}, short) || strings.HasSuffix(short, "的话") || strings.HasSuffix(short, "完了") {
				short = f.carry
			}
			switch {
			case short == name:
			case short == "":
				delete(f.params, "customer")
				changed = true
			default:
				f.set("customer", short)
				changed = true
			}
		}
	}
	if reason, ok := f.params["reason"].(string); ok {
		if said, found := strings.CutPrefix(reason, "就写"); found && said != "" {
			f.set("reason", said)
			changed = true
		}
	}
	for _, param := range []string{"owner", "assignee"} {
		name, ok := f.params[param].(string)
		if n := []rune(name); ok && len(n) == 4 && f.v.surnames[n[0]] && strings.ContainsRune("接养跟管弄来做", n[3]) {
			if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) != j-i && f.v.compound.at(f.line, i) == 0 {
				f.set(param, string(n[:3]))
				changed = true
			}
		}
	}
	return changed
}

// carryWhereUnsure gives a later order the customer of the one before it where nothing supports that what stands in its own text is one
// (云帆丢了，12月15号提醒我再去探探口风). It stays unsupported: a write is shown first.
func (f *frame) carryWhereUnsure(before []*frame) bool {
	name, ok := f.params["customer"].(string)
	if !ok || !f.unsupported || f.carry == "" || f.carry == name || !carried[f.action] {
		return false
	}
	if !slices.ContainsFunc(before, func(b *frame) bool { return b.params["customer"] == f.carry && !b.unsupported }) {
		return false
	}
	f.set("customer", f.carry)
	return true
}
