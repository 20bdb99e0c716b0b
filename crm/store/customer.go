package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"
	"github.com/mozillazg/go-pinyin"

	"gendan/crm"
)

// CustomerRow is a customer with what the executor needs about it in one look: its open deals and the
// names of its contacts.
type CustomerRow struct {
	ID            int64          `db:"id"`
	Score         int            `db:"score"` // how well it answers to the name said, see gendan_named_customers
	Seen          bool           `db:"seen"`  // the actor may see it; when not, only Name and OwnerName are set
	Name          string         `db:"name"`
	OwnerID       int64          `db:"owner_id"`
	OwnerName     string         `db:"owner_name"`
	TeamID        *int64         `db:"team_id"` // the owner's
	Collaborators pq.Int64Array  `db:"collaborators"`
	Industry      string         `db:"industry"`
	Region        string         `db:"region"`
	Level         string         `db:"level"`
	Source        string         `db:"source"`
	Tags          pq.StringArray `db:"tags"`
	LastContactAt *time.Time     `db:"last_contact_at"`
	NextContactAt *time.Time     `db:"next_contact_at"`
	Version       int            `db:"version"`
	DealsJSON     []byte         `db:"deals"`
	ContactsJSON  []byte         `db:"contacts"`

	Deals    []DealRow    `db:"-"` // open ones, newest change first
	Contacts []ContactRow `db:"-"` // without sealed fields, oldest first
}

const customerColumns = `
	n.customer AS id, n.score, n.seen, n.known_as AS name, coalesce(n.owner, 0) AS owner_id, coalesce(u.name, '') AS owner_name,
	u.team_id, coalesce(c.collaborators, '{}') AS collaborators, coalesce(c.industry, '') AS industry, coalesce(c.region, '') AS region,
	coalesce(c.level, '') AS level, coalesce(c.source, '') AS source, coalesce(c.tags, '{}') AS tags,
	c.last_contact_at, c.next_contact_at, coalesce(c.version, 0) AS version,
	(SELECT json_agg(json_build_object('id', d.id, 'customer_id', d.customer_id, 'owner_id', d.owner_id, 'title', d.title, 'product', d.product,
			'quantity', d.quantity, 'amount', d.amount, 'stage', d.stage, 'stage_since', d.stage_since, 'state', d.state,
			'close_date', d.close_date, 'probability', d.probability, 'version', d.version) ORDER BY d.updated_at DESC, d.id DESC)
		FROM deals d WHERE d.customer_id = c.id AND d.state = 'open' AND d.deleted_at IS NULL) AS deals,
	(SELECT json_agg(json_build_object('id', p.id, 'name', p.name, 'title', p.title, 'version', p.version) ORDER BY p.id)
		FROM contacts p WHERE p.customer_id = c.id AND p.deleted_at IS NULL) AS contacts`

// CustomersNamed finds the customers that answer to what a person said, best first: visible ones, else
// those of others, told only by name and owner. More than ten means too many to choose from.
func (tx *Tx) CustomersNamed(ctx context.Context, said string) ([]CustomerRow, error) {
	name := nameKeys(said)
	var rows []CustomerRow
	err := tx.Select(ctx, &rows, `
		SELECT `+customerColumns+`
		FROM gendan_named_customers($1, $2, $3, $4, $5) n
		LEFT JOIN customers c ON c.id = n.customer AND n.seen
		LEFT JOIN users u ON u.id = n.owner
		ORDER BY n.score DESC, c.updated_at DESC NULLS LAST, n.customer`,
		name.key, name.core, pq.Array(name.grams), pq.Array(name.sounds), pq.Array(name.near))
	if err != nil {
		return nil, fmt.Errorf("customers named: %w", err)
	}
	return rows, openCustomerRows(rows)
}

// CustomerByID finds a customer that the actor sees; crm.ErrNotFound.
func (tx *Tx) CustomerByID(ctx context.Context, id crm.CustomerID) (CustomerRow, error) {
	var row [1]CustomerRow
	err := tx.Get(ctx, &row[0], `
		SELECT `+customerColumns+`
		FROM (SELECT id AS customer, 100 AS score, true AS seen, name AS known_as, owner_id AS owner
			FROM customers WHERE id = $1 AND deleted_at IS NULL) n
		JOIN customers c ON c.id = n.customer
		LEFT JOIN users u ON u.id = n.owner`, int64(id))
	if err != nil {
		return row[0], fmt.Errorf("customer %d: %w", id, err)
	}
	return row[0], openCustomerRows(row[:])
}

func openCustomerRows(rows []CustomerRow) error {
	for i := range rows {
		r := &rows[i]
		if len(r.DealsJSON) > 0 {
			if err := json.Unmarshal(r.DealsJSON, &r.Deals); err != nil {
				return fmt.Errorf("customer %d: deals: %w", r.ID, err)
			}
		}
		if len(r.ContactsJSON) > 0 {
			if err := json.Unmarshal(r.ContactsJSON, &r.Contacts); err != nil {
				return fmt.Errorf("customer %d: contacts: %w", r.ID, err)
			}
		}
		r.DealsJSON, r.ContactsJSON = nil, nil
	}
	return nil
}

// NewCustomer is what a customer begins with.
type NewCustomer struct {
	Name     string
	Person   bool // a household, not a firm: its name need not be unique
	OwnerID  crm.UserID
	Industry string
	Region   string
	Level    string
	Source   string
	Phone    string // of the firm itself
}

// AddCustomer creates a customer and notes it for undo. crm.ErrConflict when a firm of that name is there,
// seen or not; the transaction goes on.
func (tx *Tx) AddCustomer(ctx context.Context, c NewCustomer) (crm.CustomerID, error) {
	name := nameKeys(c.Name)
	var ids []int64
	err := tx.Select(ctx, &ids, `
		INSERT INTO customers (name, name_key, name_core, terms, person, owner_id, industry, region, level, source,
			phone, phone_index, phone_tail, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
		ON CONFLICT DO NOTHING
		RETURNING id`,
		strings.TrimSpace(c.Name), name.key, name.core, pq.Array(name.terms()), c.Person, int64(c.OwnerID),
		c.Industry, c.Region, c.Level, c.Source,
		tx.Keys.SealText("customers", "phone", c.Phone), tx.Keys.Index("phone", c.Phone), tx.Keys.Index("phone_tail", crm.LastFour(c.Phone)),
		int64(tx.Actor.UserID), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("customer: %w", err)
	}
	if len(ids) == 0 {
		return 0, fmt.Errorf("customer: %w", crm.ErrConflict)
	}
	tx.Created(crm.KindCustomer, ids[0], 1)
	return crm.CustomerID(ids[0]), nil
}

// CustomerNameCols are the columns that change with a customer's name.
func CustomerNameCols(name string) []Col {
	k := nameKeys(name)
	return []Col{{"name", name}, {"name_key", k.key}, {"name_core", k.core}, {"terms", pq.StringArray(k.terms())}}
}

// PhoneCols are the columns that change with a phone number, sealed for table.
func (tx *Tx) PhoneCols(table, phone string) []Col {
	return []Col{
		{"phone", tx.Keys.SealText(table, "phone", phone)},
		{"phone_index", tx.Keys.Index("phone", phone)},
		{"phone_tail", tx.Keys.Index("phone_tail", crm.LastFour(phone))},
	}
}

// SealedCol is a column that holds text sealed.
func (tx *Tx) SealedCol(table, column, text string) Col {
	return Col{column, tx.Keys.SealText(table, column, text)}
}

// HandOver gives a customer or lead from one owner to another, see gendan_hand_over, and notes the way back.
// An owner of 0 is nobody. crm.ErrConflict when it changed meanwhile. The actor may no longer see it then.
func (tx *Tx) HandOver(ctx context.Context, kind crm.Kind, id int64, version int, from, to int64) (int, error) {
	var result *int
	err := tx.Get(ctx, &result, `SELECT gendan_hand_over($1, $2, $3, nullif($4::bigint, 0), $5)`, string(kind), id, version, to, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("hand over %s %d: %w", kind, id, err)
	}
	if result == nil {
		return 0, fmt.Errorf("hand over %s %d: %w", kind, id, crm.ErrConflict)
	}
	before, err := json.Marshal(map[string]any{"owner_id": orNull(from)})
	if err != nil {
		return 0, fmt.Errorf("hand over %s %d: %w", kind, id, err)
	}
	tx.remember(UndoStep{Kind: kind, ID: id, From: version, Version: *result, Before: before})
	return *result, nil
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// HandedOver tells whether the step gave a record to another owner.
func (s UndoStep) HandedOver() bool {
	return (s.Kind == crm.KindCustomer || s.Kind == crm.KindLead) && bytes.Contains(s.Before, []byte(`"owner_id"`))
}

// TakeBack takes one step back as [Tx.Restore] does. A record that was handed over comes back first by the same
// door it left through, since its policies hide it from the giver.
func (tx *Tx) TakeBack(ctx context.Context, step UndoStep) (int, error) {
	if !step.HandedOver() {
		return tx.Restore(ctx, step)
	}
	var before map[string]json.RawMessage
	if err := json.Unmarshal(step.Before, &before); err != nil {
		return 0, fmt.Errorf("take back %s %d: %w", step.Kind, step.ID, err)
	}
	var back int64
	if err := json.Unmarshal(before["owner_id"], &back); err != nil { // null, the pool, leaves it 0
		return 0, fmt.Errorf("take back %s %d: %w", step.Kind, step.ID, err)
	}
	version, err := tx.HandOver(ctx, step.Kind, step.ID, step.Version, 0, back)
	if err != nil {
		return 0, err
	}
	delete(before, "owner_id")
	delete(before, "team_id") // of a step that an earlier version noted
	if len(before) == 0 {
		return version, nil
	}
	rest, err := json.Marshal(before)
	if err != nil {
		return 0, fmt.Errorf("take back %s %d: %w", step.Kind, step.ID, err)
	}
	return tx.Restore(ctx, UndoStep{Kind: step.Kind, ID: step.ID, Version: version, Before: rest})
}

// PhoneHolder is a record that holds a phone number, whether or not the actor sees it.
type PhoneHolder struct {
	Kind       string `db:"kind"`
	Record     int64  `db:"record"`
	CustomerID *int64 `db:"customer"`
	Name       string `db:"known_as"` // of the customer or lead
	OwnerName  string `db:"owner_name"`
	Seen       bool   `db:"seen"`
}

// PhoneHolders finds where phone is kept.
func (tx *Tx) PhoneHolders(ctx context.Context, phone string) ([]PhoneHolder, error) {
	if phone == "" {
		return nil, nil
	}
	var rows []PhoneHolder
	err := tx.Select(ctx, &rows, `
		SELECT h.kind, h.record, h.customer, h.known_as, coalesce(u.name, '') AS owner_name,
			CASE h.kind WHEN 'lead' THEN EXISTS (SELECT FROM leads l WHERE l.id = h.record)
				ELSE EXISTS (SELECT FROM customers c WHERE c.id = h.customer) END AS seen
		FROM gendan_same_phone($1) h LEFT JOIN users u ON u.id = h.owner`,
		tx.Keys.Index("phone", phone))
	if err != nil {
		return nil, fmt.Errorf("phone holders: %w", err)
	}
	return rows, nil
}

// names are the forms in which a customer's name is compared.
type names struct {
	key    string
	core   string
	grams  []string // pairs of characters
	sounds []string // aliases and pinyin
	near   []string // the brand with a character left out
}

func nameKeys(name string) names {
	n := names{key: crm.CompanyName(name), core: crm.CoreName(name)}
	n.grams = crm.Bigrams(n.key)
	brand := crm.BrandName(name)
	n.sounds = []string{"=" + n.key}
	if s := Sound(brand); s != "" {
		n.sounds = append(n.sounds, "^"+s)
	}
	if s := Sound(n.core); s != "" && n.core != brand {
		n.sounds = append(n.sounds, "^"+s)
	}
	if runes := []rune(brand); len(runes) >= 3 && len(runes) <= 8 {
		n.near = append(n.near, "~"+brand)
		for i := range runes {
			n.near = append(n.near, "~"+string(runes[:i])+string(runes[i+1:]))
		}
	}
	return n
}

// terms is what the index of terms holds for a name.
func (n names) terms() []string {
	terms := append([]string{}, n.grams...)
	for _, s := range n.sounds {
		if s[0] == '^' {
			terms = append(terms, s)
		}
	}
	return append(terms, n.near...)
}

// Sound is how a name is read aloud: pinyin without tones, joined; "" when it holds no Chinese.
func Sound(name string) string {
	args := pinyin.NewArgs()
	syllables := pinyin.LazyPinyin(name, args)
	if len(syllables) < 2 {
		return ""
	}
	return strings.Join(syllables, " ")
}
