package parse

// join says which group of clauses is read as part of its neighbour; the zero value joins none.
type join struct {
	group int // from 1
	next  bool
}

// joined gives the groups with one of them read as part of its neighbour.
func (s *scan) joined(groups []*group) []*group {
	s.groups = len(groups)
	k := s.join.group - 1
	if k < 0 || k >= len(groups) {
		return groups
	}
	var all []*group
	for n, g := range groups {
		switch {
		case n == k && !s.join.next && n > 0:
			last := all[len(all)-1]
			last.parts = append(last.parts, g.parts...)
		case n == k && s.join.next && n+1 < len(groups):
			groups[n+1].parts = append(g.parts, groups[n+1].parts...)
		default:
			all = append(all, g)
		}
	}
	return all
}
