package parse

import (
	"slices"
	"strings"
)

// What is surely a customer's name, a well-known company or one of the speaker's own records, decides whom an order is about where the rules found
// nobody, and makes an order doubtful that is about somebody else.

// sureCompany gives the only company beyond doubt in the clauses of the order; nil for none or several.
func (f *frame) sureCompany() (one *span) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			sp := f.at[k]
			if sp == nil || sp.kind != 'C' || sp.i != k || !f.wellKnown(sp.i, sp.j) && f.v.known.at(f.line, k) != sp.j-sp.i {
				continue
			}
			if one != nil && f.said(one.i, one.j) != f.said(sp.i, sp.j) {
				return nil
			}
			if one == nil {
				one = sp
			}
		}
	}
	return one
}

// ofCustomers reports whether the order is about a customer, who may be left out.
func (f *frame) ofCustomers() bool {
	return recordOf[f.action] == "" && slices.ContainsFunc(aboutCustomers, func(kind string) bool { return strings.HasPrefix(f.action, kind) }) ||
		f.action == "customer.tag" || f.action == "customer.update" || f.action == "survey.send" || f.action == "points.adjust" || f.action == "points.redeem"
}

// namesSurely gives an order without a customer the one that it surely names: at the head of what a ticket is about or of the tags (建个紧急工单：新松机器人排烟机停转;
// 徐记海鲜：忌海鲜), or where nothing else took it (做个报价 家乐福 43寸屏 15块).
func (f *frame) namesSurely() bool {
	if f.has("customer") || !f.ofCustomers() || !writes(f.action) {
		return false
	}
	one := f.sureCompany()
	if one == nil {
		return false
	}
	name := f.said(one.i, one.j)
	if content, ok := f.params["content"].(string); ok && strings.Contains(content, name) {
		rest, head := strings.CutPrefix(content, name)
		if rest = strings.TrimLeft(rest, "的，,：: "); !head || f.action != "ticket.create" || utf8Len(rest) < 4 {
			return false
		}
		f.set("content", rest)
	} else if tags, ok := f.params["tags"].([]any); ok && len(tags) > 0 && strings.HasPrefix(asText(tags[0]), name) {
		tags = slices.Clone(tags)
		if rest := strings.TrimLeft(asText(tags[0])[len(name):], "：: "); rest != "" {
			tags[0] = rest
		} else if tags = tags[1:]; len(tags) == 0 {
			return false
		}
		f.set("tags", tags)
	} else if f.says(f.params, name) {
		return false
	}
	f.set("customer", name)
	f.nameI, f.nameJ = one.i, one.j
	return true
}

// sureName makes the company beyond doubt the customer where its name was read with 下 (跟进了下|喜马拉雅) or where the person was taken for it; what is to
// be done never begins in the middle of it.
func (f *frame) sureName() (changed bool) {
	customer, _ := f.params["customer"].(string)
	one := f.sureCompany()
	if one == nil || !writes(f.action) || f.action == "customer.create" || f.action == "customer.merge" {
		return false
	}
	name := f.said(one.i, one.j)
	if content, ok := f.params["content"].(string); ok {
		if i, j := f.where(content, nil); i > one.i && i < one.j {
			f.set("content", f.said(one.i, j))
			changed = true
		}
	}
	if customer == "下"+name || f.action == "activity.log" && customer != "" && customer == f.params["contact"] {
		f.set("customer", name)
		f.nameI, f.nameJ = one.i, one.j
		return true
	}
	return changed
}

// aboutAnother reports whether the order is about somebody else than the company that it surely names.
func (f *frame) aboutAnother() bool {
	if !f.ofCustomers() || !writes(f.action) {
		return false
	}
	one := f.sureCompany()
	return one != nil && !f.says(f.params, f.said(one.i, one.j)) && !(f.action == "activity.log" && f.has("content"))
}

// says reports whether name stands in one of the values; of free texts that only tell of it, it does not count.
func (f *frame) says(v any, name string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, name)
	case []any:
		return slices.ContainsFunc(v, func(x any) bool { return f.says(x, name) })
	case map[string]any:
		for _, x := range v {
			if f.says(x, name) {
				return true
			}
		}
	}
	return false
}

func asText(v any) string { s, _ := v.(string); return s }
