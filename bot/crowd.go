package bot

import (
	"gendan/crm"
	"gendan/crm/action"
)

// crowdFound reads what a look at products, segments or values found; ok is false for other looks.
func crowdFound(r action.Result, f *finding, read func(any) error) (view any, ok bool, err error) {
	switch r.Name {
	case "product.list":
		var v action.ProductListView
		err = read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindProduct, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, true, err
	case "segment.list":
		var v action.SegmentListView
		err = read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindSegment, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, true, err
	case "segment.view":
		var v action.SegmentView
		err = read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, true, err
	case "rfm.list":
		var v action.RFMView
		return &v, true, read(&v)
	}
	return nil, false, nil
}

// Segment is the segment that was saved.
func (v telling) Segment() *action.SegmentView { return dataOf[action.SegmentView](v) }
