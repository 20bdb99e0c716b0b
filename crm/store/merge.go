package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/lib/pq"

	"gendan/crm"
)

// MergeCount is how many rows of a kind a merge moves.
type MergeCount struct {
	Label string `db:"label"` // as people call them
	Rows  int    `db:"rows"`
}

// Merging counts what a merge of a customer would move.
func (tx *Tx) Merging(ctx context.Context, from crm.CustomerID) (counts []MergeCount, err error) {
	if err = tx.Select(ctx, &counts, `SELECT label, rows FROM gendan_merging($1)`, int64(from)); err != nil {
		return nil, fmt.Errorf("merging %d: %w", from, err)
	}
	return counts, nil
}

// Merge moves everything from one customer to another; see gendan_merge. crm.ErrDenied when the actor does not see both.
func (tx *Tx) Merge(ctx context.Context, from, into crm.CustomerID) error {
	return tx.mergeCall(ctx, from, `SELECT gendan_merge($1, $2, $3)`, int64(from), int64(into), tx.Now)
}

// Formerly finds the customer that one of that name became a part of; crm.ErrNotFound.
func (tx *Tx) Formerly(ctx context.Context, said string) (id int64, err error) {
	if err = tx.Get(ctx, &id, `SELECT gendan_formerly($1)`, crm.CompanyName(said)); err != nil {
		return 0, fmt.Errorf("formerly %q: %w", said, err)
	}
	return id, nil
}

// Unmerge moves back what the last merge of a customer moved.
func (tx *Tx) Unmerge(ctx context.Context, from crm.CustomerID) error {
	return tx.mergeCall(ctx, from, `SELECT gendan_unmerge($1, $2)`, int64(from), tx.Now)
}

func (tx *Tx) mergeCall(ctx context.Context, from crm.CustomerID, query string, args ...any) error {
	var done bool
	err := tx.Get(ctx, &done, query, args...)
	if err == nil && !done {
		err = crm.ErrDenied
	}
	if err != nil {
		return fmt.Errorf("merge of %d: %w", from, err)
	}
	return nil
}

// MergedInto is the customer that a customer became a part of; crm.ErrNotFound.
func (tx *Tx) MergedInto(ctx context.Context, from crm.CustomerID) (into crm.CustomerID, err error) {
	if err = tx.Get(ctx, &into, `SELECT merged_into FROM customers WHERE id = $1 AND merged_into IS NOT NULL`, int64(from)); err != nil {
		return 0, fmt.Errorf("merge of %d: %w", from, err)
	}
	return into, nil
}

// HavePoints counts the customers among these that collect points.
func (tx *Tx) HavePoints(ctx context.Context, customers []crm.CustomerID) (n int, err error) {
	ids := make([]int64, len(customers))
	for i, id := range customers {
		ids[i] = int64(id)
	}
	if err = tx.Get(ctx, &n, `SELECT count(*) FROM points_accounts WHERE customer_id = ANY ($1)`, pq.Array(ids)); err != nil {
		return 0, fmt.Errorf("points accounts: %w", err)
	}
	return n, nil
}

// MergeColumns are the columns of a customer that another one with the same meaning fills or extends.
type MergeColumns struct {
	Phone     []byte `db:"phone"`
	PhoneIx   []byte `db:"phone_index"`
	PhoneTail []byte `db:"phone_tail"`
	Address   []byte `db:"address"`
	Fields    []byte `db:"fields"`
}

// MergeCols are the columns of into that change when from becomes a part of it: what into lacks comes from from, lists are
// joined, and whoever worked on from works along.
func (tx *Tx) MergeCols(ctx context.Context, from, into *CustomerRow) (set []Col, err error) {
	var a, b MergeColumns
	const columns = `SELECT phone, phone_index, phone_tail, address, fields FROM customers WHERE id = $1`
	if err = tx.Get(ctx, &a, columns, from.ID); err == nil {
		err = tx.Get(ctx, &b, columns, into.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("merge of %d: %w", from.ID, err)
	}
	for name, v := range map[string][2]string{"industry": {from.Industry, into.Industry}, "region": {from.Region, into.Region}, "level": {from.Level, into.Level}, "source": {from.Source, into.Source}} {
		if v[1] == "" && v[0] != "" {
			set = append(set, Col{name, v[0]})
		}
	}
	slices.SortFunc(set, func(x, y Col) int { return len(x.Name) - len(y.Name) })
	if b.Phone == nil && a.Phone != nil {
		set = append(set, Col{"phone", a.Phone}, Col{"phone_index", a.PhoneIx}, Col{"phone_tail", a.PhoneTail})
	}
	if b.Address == nil && a.Address != nil {
		set = append(set, Col{"address", a.Address})
	}
	if tags := joined(into.Tags, from.Tags...); len(tags) > len(into.Tags) {
		set = append(set, Col{"tags", pq.StringArray(tags)})
	}
	people := joined(into.Collaborators, append(slices.Clone(from.Collaborators), from.OwnerID)...)
	if people = slices.DeleteFunc(people, func(id int64) bool { return id == into.OwnerID }); len(people) > len(into.Collaborators) {
		set = append(set, Col{"collaborators", pq.Int64Array(people)})
	}
	if into.LastContactAt == nil || from.LastContactAt != nil && from.LastContactAt.After(*into.LastContactAt) {
		set = append(set, Col{"last_contact_at", from.LastContactAt})
	}
	fields, err := mergeFields(a.Fields, b.Fields)
	if err != nil {
		return nil, fmt.Errorf("merge of %d: fields: %w", from.ID, err)
	}
	return append(set, Col{"fields", fields}), nil
}

// joined is list with those of more that it lacks.
func joined[T comparable](list []T, more ...T) []T {
	out := slices.Clone(list)
	for _, m := range more {
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// mergeFields adds to the fields of into those that only from has.
func mergeFields(from, into []byte) (string, error) {
	var a, b map[string]json.RawMessage
	if err := json.Unmarshal(from, &a); err != nil {
		return "", err
	}
	if err := json.Unmarshal(into, &b); err != nil {
		return "", err
	}
	for label, value := range b {
		a[label] = value
	}
	all, err := json.Marshal(a)
	return string(all), err
}

// Merged tells whether the step made a customer a part of another one.
func (s UndoStep) Merged() bool {
	var before map[string]json.RawMessage
	if s.Kind != crm.KindCustomer || json.Unmarshal(s.Before, &before) != nil {
		return false
	}
	_, ok := before["merged_into"]
	return ok
}
