package store

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
)

type guestRow struct {
	ID         int64      `db:"id"`
	Platform   string     `db:"platform"`
	Peer       string     `db:"peer"`
	Name       []byte     `db:"name"`
	UnionID    []byte     `db:"union_id"`
	CustomerID *int64     `db:"customer_id"`
	ContactID  *int64     `db:"contact_id"`
	Scene      string     `db:"scene"`
	Session    string     `db:"session"`
	AgentID    *int64     `db:"agent_id"`
	OwnerID    *int64     `db:"owner_id"`
	Refuses    bool       `db:"refuses"`
	Sent       int        `db:"sent"`
	Unsent     []byte     `db:"unsent"`
	SpokeAt    *time.Time `db:"spoke_at"`
	FirstSeen  time.Time  `db:"first_seen"`
	LastSeen   time.Time  `db:"last_seen"`
}

const guestColumns = `id, platform, peer, name, union_id, customer_id, contact_id, scene, session, agent_id, owner_id, refuses, sent, unsent, spoke_at, first_seen, last_seen`

func (tx *Tx) guest(r guestRow) (g crm.Guest, err error) {
	g = crm.Guest{ID: crm.GuestID(r.ID), Platform: r.Platform, Peer: r.Peer, Scene: r.Scene, Session: r.Session, Sent: r.Sent, FirstSeen: r.FirstSeen, LastSeen: r.LastSeen}
	if r.CustomerID != nil {
		g.Customer = crm.CustomerID(*r.CustomerID)
	}
	if r.ContactID != nil {
		g.Contact = crm.ContactID(*r.ContactID)
	}
	if r.AgentID != nil {
		g.Agent = crm.UserID(*r.AgentID)
	}
	if r.OwnerID != nil {
		g.Owner = crm.UserID(*r.OwnerID)
	}
	g.Refuses = r.Refuses
	if r.SpokeAt != nil {
		g.Spoke = *r.SpokeAt
	}
	for _, f := range []struct {
		to     *string
		column string
		sealed []byte
	}{{&g.Name, "name", r.Name}, {&g.UnionID, "union_id", r.UnionID}, {&g.Unsent, "unsent", r.Unsent}} {
		if *f.to, err = tx.OpenText("guests", f.column, f.sealed); err != nil {
			return g, fmt.Errorf("guest %d: %w", r.ID, err)
		}
	}
	return g, nil
}

// MeetGuest is the guest behind peer, made at first sight and locked until the transaction ends. A name that the platform
// tells takes the place of the earlier one.
func (tx *Tx) MeetGuest(ctx context.Context, platform, peer, name string) (crm.Guest, error) {
	var r guestRow
	err := tx.Get(ctx, &r, `
		INSERT INTO guests AS g (platform, peer, name, first_seen, last_seen) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (peer) DO UPDATE SET last_seen = greatest(g.last_seen, excluded.last_seen), name = CASE WHEN $5 THEN excluded.name ELSE g.name END
		RETURNING `+guestColumns, platform, peer, tx.Seal("guests", "name", name), tx.Now, name != "")
	if err != nil {
		return crm.Guest{}, fmt.Errorf("guest %s: %w", peer, err)
	}
	return tx.guest(r)
}

// Guest is the guest of that id, locked until the transaction ends; [crm.ErrNotFound] when there is none that the actor sees.
func (tx *Tx) Guest(ctx context.Context, id crm.GuestID) (crm.Guest, error) {
	var r guestRow
	if err := tx.Get(ctx, &r, `SELECT `+guestColumns+` FROM guests WHERE id = $1 FOR UPDATE`, int64(id)); err != nil {
		return crm.Guest{}, fmt.Errorf("guest %d: %w", id, err)
	}
	return tx.guest(r)
}

// GuestName is what the door calls a guest; "" when it does not say, or there is none that the actor sees.
func (tx *Tx) GuestName(ctx context.Context, id crm.GuestID) (name string, err error) {
	if id == 0 {
		return "", nil
	}
	var sealed []byte
	if err := tx.Get(ctx, &sealed, `SELECT name FROM guests WHERE id = $1`, int64(id)); errors.Is(err, crm.ErrNotFound) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("guest %d: name: %w", id, err)
	}
	return tx.OpenText("guests", "name", sealed)
}

// PutGuest writes down how the talk with g stands: session, agent, messages sent and unsent, when g spoke and whence g came.
func (tx *Tx) PutGuest(ctx context.Context, g crm.Guest) error {
	_, err := tx.Exec(ctx, `
		UPDATE guests SET session = $2, agent_id = nullif($3, 0), sent = $4, unsent = $5, spoke_at = $6, scene = $7, union_id = $8,
			union_key = coalesce($9, union_key)
		WHERE id = $1`, int64(g.ID), g.Session, int64(g.Agent), g.Sent, tx.Seal("guests", "unsent", g.Unsent), timeOrNull(g.Spoke), g.Scene, tx.Seal("guests", "union_id", g.UnionID),
		tx.Keys.unionKey(g.UnionID))
	if err != nil {
		return fmt.Errorf("guest %d: %w", g.ID, err)
	}
	return nil
}

// LinkGuest says whose customer, and which contact, a guest is. by is the colleague who says so, 0 a link that we signed.
func (tx *Tx) LinkGuest(ctx context.Context, id crm.GuestID, customer crm.CustomerID, contact crm.ContactID, by crm.UserID) error {
	n, err := tx.Exec(ctx, `
		UPDATE guests SET customer_id = nullif($2, 0), contact_id = nullif($3, 0), linked_by = nullif($4, 0), linked_at = $5
		WHERE id = $1`, int64(id), int64(customer), int64(contact), int64(by), tx.Now)
	if err == nil && n == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("link guest %d: %w", id, err)
	}
	return nil
}

// timeOrNull is t for a column that may be empty.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// guestLinkField names the blind index that signs the links by which a customer's own people come to us.
const guestLinkField = "guest.link"

// GuestLink is what stands in a link of ours to the customers' door, so that whoever opens it is known to be of customer.
// Nobody else can make one: it is signed with a key of this installation.
func (k *Keys) GuestLink(customer crm.CustomerID) string {
	id := strconv.FormatInt(int64(customer), 10)
	return "c" + id + "." + hex.EncodeToString(k.Index(guestLinkField, id)[:10])
}

// ReadGuestLink reads what [Keys.GuestLink] made; ok is false for everything else.
func (k *Keys) ReadGuestLink(link string) (customer crm.CustomerID, ok bool) {
	id, _, found := strings.Cut(strings.TrimPrefix(link, "c"), ".")
	n, err := strconv.ParseInt(id, 10, 64)
	if !found || err != nil || n <= 0 || !hmac.Equal([]byte(k.GuestLink(crm.CustomerID(n))), []byte(link)) {
		return 0, false
	}
	return crm.CustomerID(n), true
}

// ConversationsOf lists the 1:1 chats in which user has spoken with us, the last one first.
func (tx *Tx) ConversationsOf(ctx context.Context, user crm.UserID) (ids []string, err error) {
	err = tx.Select(ctx, &ids, `SELECT id FROM conversations WHERE user_id = $1 AND user_id <> 0 ORDER BY updated_at DESC, id LIMIT 20`, int64(user))
	if err != nil {
		return nil, fmt.Errorf("chats of user %d: %w", user, err)
	}
	return ids, nil
}

// PeersOf lists the chat identities of user, for [Store.PeersOf] within a transaction; in the order in which they came.
func (tx *Tx) PeersOf(ctx context.Context, user crm.UserID) (peers []string, err error) {
	err = tx.Select(ctx, &peers, `SELECT peer FROM identities WHERE user_id = $1 AND active ORDER BY created_at, peer`, int64(user))
	if err != nil {
		return nil, fmt.Errorf("identities of user %d: %w", user, err)
	}
	return peers, nil
}
