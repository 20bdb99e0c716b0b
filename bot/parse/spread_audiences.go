package parse

import "reflect"

// audiences reads what is started for, or sent to, several groups of customers, each with a clause of its own:
// 沉睡客户走老客唤醒旅程，重点客户走大客户关怀旅程.
func (m message) audiences(s *scan) (all []*frame) {
	pieces := s.between("，,；;。\n")
	if len(pieces) < 2 || len(pieces) > 4 {
		return nil
	}
	for n, p := range pieces {
		_, found := m.read(s.of(p), said{})
		if len(found) != 1 || found[0].action != "journey.start" && found[0].action != "coupon.send" || missing(found) != "" || len(found[0].bad) > 0 {
			return nil
		}
		f := found[0]
		if f.params["filter"] == nil || n > 0 && (f.action != all[0].action || reflect.DeepEqual(f.params["filter"], all[n-1].params["filter"])) {
			return nil
		}
		all = append(all, f)
	}
	return all
}
