package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// CustomerListRow is a line of a list of customers.
type CustomerListRow struct {
	ID            int64          `db:"id"`
	Name          string         `db:"name"`
	OwnerName     string         `db:"owner_name"`
	Industry      string         `db:"industry"`
	Region        string         `db:"region"`
	Level         string         `db:"level"`
	Tags          pq.StringArray `db:"tags"`
	LastContactAt *time.Time     `db:"last_contact_at"`
}

// SearchCustomers finds a page of customers, newest change first, and how many there are; the count stops at 1001.
func (tx *Tx) SearchCustomers(ctx context.Context, q CustomerQuery) ([]CustomerListRow, int, error) {
	if q.onlyOwner() {
		return tx.customersOf(ctx, q)
	}
	f, err := q.json(tx.Keys)
	if err != nil {
		return nil, 0, fmt.Errorf("search customers: %w", err)
	}
	var found struct {
		IDs   pq.Int64Array `db:"ids"`
		Total int           `db:"total"`
	}
	if err := tx.Get(ctx, &found, `SELECT ids, total FROM gendan_find_customers($1::text::jsonb, $2, $3, $4)`, f, tx.Now, q.Limit, q.Skip); err != nil {
		return nil, 0, fmt.Errorf("search customers: %w", err)
	}
	if len(found.IDs) == 0 {
		return nil, found.Total, nil
	}
	var rows []CustomerListRow
	err = tx.Select(ctx, &rows, `
		SELECT c.id, c.name, coalesce(u.name, '') AS owner_name, c.industry, c.region, c.level, c.tags, c.last_contact_at
		FROM unnest($1::bigint[]) WITH ORDINALITY AS f (id, nr) JOIN customers c ON c.id = f.id LEFT JOIN users u ON u.id = c.owner_id
		ORDER BY f.nr`, found.IDs)
	if err != nil {
		return nil, 0, fmt.Errorf("search customers: %w", err)
	}
	return rows, found.Total, nil
}

// countMost is where counting customers stops.
const countMost = 1001

// onlyOwner tells whether all that is asked is whose the customers are: much the most frequent question.
func (q CustomerQuery) onlyOwner() bool {
	rest := q
	rest.Owners, rest.Limit, rest.Skip = nil, 0, 0
	return len(q.Owners) == 1 && reflect.ValueOf(rest).IsZero()
}

// customersOf is [Tx.SearchCustomers] by owner: one prepared statement under the policies, instead of one composed
// and planned each time.
func (tx *Tx) customersOf(ctx context.Context, q CustomerQuery) (rows []CustomerListRow, total int, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT c.id, c.name, coalesce(u.name, '') AS owner_name, c.industry, c.region, c.level, c.tags, c.last_contact_at
		FROM (SELECT * FROM customers WHERE owner_id = $1 AND deleted_at IS NULL ORDER BY updated_at DESC, id DESC LIMIT $2 OFFSET $3) c
		LEFT JOIN users u ON u.id = c.owner_id
		ORDER BY c.updated_at DESC, c.id DESC`, q.Owners[0], q.Limit+1, q.Skip)
	if err != nil {
		return nil, 0, fmt.Errorf("search customers: %w", err)
	}
	if len(rows) > 0 && len(rows) <= q.Limit { // the last page: there is no more to count
		return rows, min(q.Skip+len(rows), countMost), nil
	}
	rows = rows[:min(len(rows), q.Limit)]
	err = tx.Get(ctx, &total, `SELECT count(*) FROM (SELECT 1 FROM customers WHERE owner_id = $1 AND deleted_at IS NULL LIMIT $2) c`, q.Owners[0], countMost)
	if err != nil {
		return nil, 0, fmt.Errorf("search customers: %w", err)
	}
	return rows, total, nil
}

// CustomerDetail is what a customer's card shows beside [CustomerRow].
type CustomerDetail struct {
	Fields        []byte `db:"fields"` // JSON object: label → text
	SealedPhone   []byte `db:"phone"`
	SealedAddress []byte `db:"address"`
	SealedNext    []byte `db:"next_contact"`

	Phone, Address, Next string `db:"-"`
}

// CustomerDetail reads it; crm.ErrNotFound.
func (tx *Tx) CustomerDetail(ctx context.Context, id crm.CustomerID) (d CustomerDetail, err error) {
	if err = tx.Get(ctx, &d, `SELECT fields, phone, address, next_contact FROM customers WHERE id = $1`, int64(id)); err != nil {
		return d, fmt.Errorf("customer %d: %w", id, err)
	}
	var errs [3]error
	d.Phone, errs[0] = tx.Keys.OpenText("customers", "phone", d.SealedPhone)
	d.Address, errs[1] = tx.Keys.OpenText("customers", "address", d.SealedAddress)
	d.Next, errs[2] = tx.Keys.OpenText("customers", "next_contact", d.SealedNext)
	if err = errors.Join(errs[:]...); err != nil {
		return d, fmt.Errorf("customer %d: %w", id, err)
	}
	return d, nil
}

// RunAgain marks err as a race that the transaction lost to another one: [Store.As] runs it again from the start,
// on what the other one left.
func RunAgain(err error) error {
	return fmt.Errorf("%w: %w", err, &pq.Error{Code: "40001", Message: "record changed meanwhile"})
}

// NextContacts lists the customers that owner said to contact before the given time, earliest first.
func (tx *Tx) NextContacts(ctx context.Context, owner crm.UserID, before time.Time, limit int) (rows []CustomerListRow, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT c.id, c.name, '' AS owner_name, c.industry, c.region, c.level, c.tags, c.last_contact_at
		FROM customers c
		WHERE c.owner_id = $1 AND c.deleted_at IS NULL AND c.next_contact_at < $2
			AND (c.last_contact_at IS NULL OR c.last_contact_at < c.next_contact_at)
		ORDER BY c.next_contact_at LIMIT $3`, int64(owner), before, limit)
	if err != nil {
		return nil, fmt.Errorf("next contacts: %w", err)
	}
	return rows, nil
}
