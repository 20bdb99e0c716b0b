package crm

import (
	"slices"
	"strings"
)

// RepairFlow is the way of a thing that is repaired, returned or exchanged: its steps in order, the pack's.
type RepairFlow struct {
	Kind  string       `json:"kind"` // of the ticket: 维修, 退换
	Steps []RepairStep `json:"steps"`
}

// RepairStep is where a thing can be on its way.
type RepairStep struct {
	Name  string   `json:"name"`
	Words []string `json:"words,omitempty"` // what people say for it
	Tell  string   `json:"tell,omitempty"`  // what the customer is told when it gets here; "" is nothing. {设备} and {说明} are filled in
	Ends  bool     `json:"ends,omitempty"`  // nothing comes after it
}

// FlowOf is the flow of tickets of that kind; ok is false when they have none.
func FlowOf(flows []RepairFlow, kind string) (RepairFlow, bool) {
	i := slices.IndexFunc(flows, func(f RepairFlow) bool { return f.Kind == kind })
	if i < 0 {
		return RepairFlow{}, false
	}
	return flows[i], true
}

// Names are the steps of f in order.
func (f RepairFlow) Names() []string {
	names := make([]string, len(f.Steps))
	for i, s := range f.Steps {
		names[i] = s.Name
	}
	return names
}

// Find is the step that said means: its name, or the longest of its words that stands in what was said. It refuses with
// ErrInvalid.
func (f RepairFlow) Find(said string) (RepairStep, error) {
	folded, best, length := Fold(said), -1, 0
	for i, s := range f.Steps {
		for _, w := range append([]string{s.Name}, s.Words...) {
			if w = Fold(w); strings.Contains(folded, w) && len(w) > length {
				best, length = i, len(w)
			}
		}
	}
	if best < 0 {
		return RepairStep{}, Refuse(ErrInvalid, "%s没有「%s」这一步，可选：%s。", f.Kind, said, strings.Join(f.Names(), "、"))
	}
	return f.Steps[best], nil
}

// Index is the place of the step of that name; -1 for none.
func (f RepairFlow) Index(name string) int {
	return slices.IndexFunc(f.Steps, func(s RepairStep) bool { return s.Name == name })
}

// TellText is what the customer reads at step s about device, with a note of ours. "" when the step tells nothing.
func (s RepairStep) TellText(device, note string) string {
	if s.Tell == "" {
		return ""
	}
	if device == "" {
		device = "您的设备"
	}
	if device[len(device)-1] < 0x80 { // 打印机 SN88123 已经收到
		device += " "
	}
	text := strings.NewReplacer("{设备}", device, "{说明}", note).Replace(s.Tell)
	return strings.TrimSpace(text)
}
