package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"gendan/crm"
)

// ContactSeen is a customer among a colleague's contacts, as the platform shows them.
type ContactSeen struct {
	Peer    string // of the customer with this colleague
	Owner   string // the colleague's peer
	Name    string
	UnionID string
	Remark  string // what the colleague wrote down: a name
	Company string // and a company, compared whole
	Mobiles []string
	Scene   string // of the code or link by which they came
	Source  string // how they came, in Chinese
	Since   time.Time
	Half    bool // not in the platform's list yet
}

// ContactMet is what is known of a contact once it was seen.
type ContactMet struct {
	Guest  crm.Guest
	Linked bool // linked to a customer just now
}

// unionField names the blind index of a person's id across doors.
const unionField = "guests.union"

// unionKey is the blind index of a person's id across doors; nil without one.
func (k *Keys) unionKey(union string) []byte {
	if union == "" {
		return nil
	}
	return k.Index(unionField, union)
}

// SeeContact writes down a contact. It is linked to a customer when exactly one is the same person at another door, has one of
// the mobiles, or is called like the company: in that order, and only by what is equal.
func (tx *Tx) SeeContact(ctx context.Context, c ContactSeen) (met ContactMet, err error) {
	var r guestRow
	union := tx.Keys.unionKey(c.UnionID)
	phones := pq.Array(tx.mobileKeys(c.Mobiles))
	remark := strings.TrimSpace(c.Remark + "\n" + c.Company)
	err = tx.Get(ctx, &r, `
		INSERT INTO guests AS g (platform, peer, name, union_id, union_key, scene, source, remark, since, owner_peer, owner_id, seen_at, first_seen, last_seen, phone_keys)
		VALUES ('contact', $1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT user_id FROM identities WHERE peer = $9), $10, $10, $10, $12::bytea[])
		ON CONFLICT (peer) DO UPDATE SET
			name = CASE WHEN $11 THEN excluded.name ELSE g.name END,
			union_id = coalesce(excluded.union_id, g.union_id), union_key = coalesce(excluded.union_key, g.union_key),
			scene = CASE WHEN excluded.scene = '' THEN g.scene ELSE excluded.scene END,
			source = CASE WHEN excluded.source = '' THEN g.source ELSE excluded.source END,
			remark = coalesce(excluded.remark, g.remark), since = greatest(g.since, excluded.since), owner_id = coalesce(excluded.owner_id, g.owner_id),
			seen_at = greatest(g.seen_at, excluded.seen_at), last_seen = greatest(g.last_seen, excluded.last_seen),
			phone_keys = CASE WHEN excluded.phone_keys = '{}' THEN g.phone_keys ELSE excluded.phone_keys END,
			refuses = g.refuses AND coalesce(excluded.since <= g.refused_at, true)
		RETURNING `+guestColumns,
		c.Peer, tx.Seal("guests", "name", c.Name), tx.Seal("guests", "union_id", c.UnionID), union, c.Scene, c.Source, tx.Seal("guests", "remark", remark),
		timeOrNull(c.Since), c.Owner, tx.Now, c.Name != "", phones)
	if err != nil {
		return met, fmt.Errorf("contact %s: %w", c.Peer, err)
	}
	if met.Guest, err = tx.guest(r); err != nil {
		return met, err
	}
	if met.Guest.Customer == 0 {
		met.Linked, err = tx.linkContact(ctx, &met.Guest, union, c)
	}
	return met, err
}

// mobileKeys are the blind indexes of what are mobiles among these.
func (tx *Tx) mobileKeys(mobiles []string) [][]byte {
	keys := [][]byte{}
	for _, m := range mobiles {
		if m = crm.CleanPhone(m); crm.CheckPhone(m) == nil {
			keys = append(keys, tx.Keys.Index("phone", m))
		}
	}
	return keys
}

// linkContact finds the one customer that a contact belongs to.
func (tx *Tx) linkContact(ctx context.Context, g *crm.Guest, union []byte, c ContactSeen) (linked bool, err error) {
	mobiles := tx.mobileKeys(c.Mobiles)
	company := ""
	if strings.TrimSpace(c.Company) != "" {
		company = crm.CompanyName(c.Company)
	}
	if union == nil && len(mobiles) == 0 && company == "" {
		return false, nil
	}
	var rows []struct {
		Customer int64 `db:"customer_id"`
		Contact  int64 `db:"contact_id"`
	}
	err = tx.Select(ctx, &rows, `
		WITH found AS (
			SELECT 1 AS how, g.customer_id, coalesce(g.contact_id, 0) AS contact_id FROM guests g WHERE g.union_key = $1 AND g.customer_id IS NOT NULL AND g.id <> $4
			UNION ALL SELECT 2, p.customer_id, p.id FROM contacts p WHERE p.phone_index = ANY ($2::bytea[]) AND p.deleted_at IS NULL
			UNION ALL SELECT 2, c.id, 0 FROM customers c WHERE c.phone_index = ANY ($2::bytea[]) AND c.deleted_at IS NULL
			UNION ALL SELECT 2, o.customer_id, 0 FROM guests o WHERE o.phone_keys && $2::bytea[] AND o.phone_keys <> '{}' AND o.customer_id IS NOT NULL AND o.id <> $4
			UNION ALL SELECT 3, c.id, 0 FROM customers c WHERE c.name_key = $3 AND $3 <> '' AND NOT c.person AND c.deleted_at IS NULL)
		SELECT f.customer_id, max(f.contact_id) AS contact_id FROM found f JOIN customers c ON c.id = f.customer_id AND c.deleted_at IS NULL
		WHERE f.how = (SELECT min(how) FROM found) GROUP BY f.customer_id LIMIT 2`, union, pq.Array(mobiles), company, int64(g.ID))
	if err != nil || len(rows) != 1 {
		return false, err
	}
	g.Customer, g.Contact = crm.CustomerID(rows[0].Customer), crm.ContactID(rows[0].Contact)
	return true, tx.LinkGuest(ctx, g.ID, g.Customer, g.Contact, 0)
}

// ContactNews tells whether the colleague is to hear that the contact is theirs since that time, and notes that they do: of two
// events about the same, and of one that comes twice, one is told.
func (tx *Tx) ContactNews(ctx context.Context, id crm.GuestID, since time.Time) (first bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE guests SET told_since = $2 WHERE id = $1 AND (told_since IS NULL OR told_since < $2)`, int64(id), since)
	return n > 0, explain(err, "contact %d", id)
}

// NewContacts lists the contacts of owner whose customer is not known, the latest first, at most 50.
func (tx *Tx) NewContacts(ctx context.Context, owner crm.UserID) (list []crm.Guest, err error) {
	var rows []guestRow
	err = tx.Select(ctx, &rows, `
		SELECT `+guestColumns+` FROM guests WHERE platform = 'contact' AND owner_id = $1 AND customer_id IS NULL AND NOT refuses
		ORDER BY first_seen DESC, id DESC LIMIT 50`, int64(owner))
	for i := range rows {
		g, err := tx.guest(rows[i])
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, explain(err, "new contacts")
}

// ContactNotes are what is known of a contact beside their name.
type ContactNotes struct {
	Remark string // name and company that the colleague wrote down, a line each
	Source string // how they came, in Chinese
}

// ContactNotes reads what is known of a contact.
func (tx *Tx) ContactNotes(ctx context.Context, id crm.GuestID) (n ContactNotes, err error) {
	var row struct {
		Remark []byte `db:"remark"`
		Source string `db:"source"`
	}
	if err := tx.Get(ctx, &row, `SELECT remark, source FROM guests WHERE id = $1`, int64(id)); err != nil {
		return n, fmt.Errorf("guest %d: %w", id, err)
	}
	n.Source = row.Source
	n.Remark, err = tx.OpenText("guests", "remark", row.Remark)
	return n, err
}

// PartContact closes a contact: messages to it are not delivered any more. known is false when there is none that is open.
func (tx *Tx) PartContact(ctx context.Context, peer string) (known bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE guests SET refuses = true, refused_at = $2 WHERE peer = $1 AND platform = 'contact' AND NOT refuses`, peer, tx.Now)
	return n > 0, explain(err, "contact %s", peer)
}

// SyncContacts writes down contacts as the platform lists them.
func (s *Store) SyncContacts(ctx context.Context, list []ContactSeen) error {
	return s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		tx.Now = s.Now()
		for _, c := range list {
			if _, err := tx.SeeContact(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// ContactsSynced notes that all contacts of the owners were read since begun. Those that were not among them are none any more.
func (s *Store) ContactsSynced(ctx context.Context, begun time.Time, owners []string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			WITH closed AS (
				UPDATE guests SET refuses = true, refused_at = $1
				WHERE platform = 'contact' AND NOT refuses AND owner_peer = ANY ($2) AND coalesce(seen_at, '-infinity') < $1)
			UPDATE contact_syncs SET done_at = $3, asked = false`, begun, pq.Array(owners), s.Now())
		return err
	}), "contacts read")
}

// ContactsSyncedAt tells when all contacts were read; the zero time when they are to be read at once.
func (s *Store) ContactsSyncedAt(ctx context.Context) (time.Time, error) {
	var at sql.NullTime
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &at, `SELECT CASE WHEN NOT asked THEN done_at END FROM contact_syncs`)
	})
	return at.Time, explain(err, "contacts read")
}

// ContactsUnread asks for all contacts to be read at once.
func (s *Store) ContactsUnread(ctx context.Context) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `UPDATE contact_syncs SET asked = true`)
		return err
	}), "contacts unread")
}
