package crm

import "slices"

// RFMRules tell customers apart by when they last bought (recency), how often (frequency) and for how much (money): four
// rising limits make marks from 1 to 5, of which 5 is the best. They are data of the pack; Postgres applies them.
type RFMRules struct {
	Recency   []int     `json:"recency"`   // days since the last purchase: below the first is 5
	Frequency []int     `json:"frequency"` // purchases in all: from the first on it is 2
	Money     []int64   `json:"money"`     // fen in all: from the first on it is 2
	Regular   int       `json:"regular"`   // purchases of one product that show a liking
	Bands     []RFMBand `json:"bands"`     // the first that fits names a customer
}

// RFMBand is a name for customers whose marks lie in its spans, both ends included; a span that is not given is 1 to 5.
type RFMBand struct {
	Name string `json:"name"`
	R    []int  `json:"r,omitempty"`
	F    []int  `json:"f,omitempty"`
	M    []int  `json:"m,omitempty"`
}

// Check refuses rules that cannot be applied.
func (r RFMRules) Check() error {
	if len(r.Recency) != 4 || len(r.Frequency) != 4 || len(r.Money) != 4 || !slices.IsSorted(r.Recency) || !slices.IsSorted(r.Frequency) || !slices.IsSorted(r.Money) {
		return Refuse(ErrInvalid, "recency、frequency、money 各要四个由小到大的界限。")
	}
	if r.Regular < 1 {
		return Refuse(ErrInvalid, "regular 要写买几次才算喜欢，至少 1。")
	}
	for _, b := range r.Bands {
		for _, span := range [][]int{b.R, b.F, b.M} {
			if b.Name == "" || len(span) != 0 && (len(span) != 2 || span[0] < 1 || span[1] > 5 || span[0] > span[1]) {
				return Refuse(ErrInvalid, "客户分层「%s」的范围不对，要写成 [1, 5] 里的两个数。", b.Name)
			}
		}
	}
	return nil
}

// Names are the names of the bands, each once.
func (r RFMRules) Names() (names []string) {
	for _, b := range r.Bands {
		if !slices.Contains(names, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names
}
