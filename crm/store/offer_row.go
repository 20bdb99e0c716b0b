package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// OfferRow is an offer with the names around it.
type OfferRow struct {
	ID         crm.OfferID    `db:"id"`
	CustomerID crm.CustomerID `db:"customer_id"`
	OwnerID    crm.UserID     `db:"owner_id"`
	Purpose    string         `db:"purpose"`
	Source     string         `db:"source"`
	SourceID   int64          `db:"source_id"`
	Step       string         `db:"step"`
	CouponID   int64          `db:"coupon_id"`
	Auto       bool           `db:"auto"`
	Edited     bool           `db:"edited"`
	Remade     bool           `db:"remade"`
	QueuedAt   *time.Time     `db:"queued_at"`
	State      string         `db:"state"`
	Channel    string         `db:"channel"`
	Tried      pq.StringArray `db:"tried"`
	Tries      int            `db:"tries"` // messages made of it so far
	Reason     string         `db:"reason"`
	Due        time.Time      `db:"due"`
	Until      *time.Time     `db:"until"`
	ToldAt     *time.Time     `db:"told_at"`
	SentAt     *time.Time     `db:"sent_at"`
	Updated    time.Time      `db:"updated_at"`
	Version    int            `db:"version"`
	Customer   string         `db:"customer"`
	Owner      string         `db:"owner"`
	SealedText []byte         `db:"text"`
	SealedFill []byte         `db:"fills"`
	SealedLink []byte         `db:"link"`

	Text  string            `db:"-"` // the template, and from queued on what was said
	Fills map[string]string `db:"-"`
	Link  string            `db:"-"`
}

// Open tells whether the offer can still be edited, skipped or sent by its owner.
func (o *OfferRow) Open() bool {
	return o.State == crm.OfferPlanned || o.State == crm.OfferAsked || o.State == crm.OfferQueued && o.Channel == crm.ByContact
}

const offerColumns = `o.id, o.customer_id, o.owner_id, o.purpose, o.source, o.source_id, o.step, coalesce(o.coupon_id, 0) AS coupon_id, o.auto, o.edited, o.remade, o.queued_at,
	o.state, o.channel, o.tried, o.tries, o.reason, o.due, o.until, o.told_at, o.sent_at, o.updated_at, o.version, o.text, o.fills, o.link,
	c.name AS customer, u.name AS owner
	FROM offers o JOIN customers c ON c.id = o.customer_id JOIN users u ON u.id = o.owner_id `

func (tx *Tx) openOffer(o *OfferRow) (err error) {
	if o.Text, err = tx.OpenText("offers", "text", o.SealedText); err == nil {
		o.Link, err = tx.OpenText("offers", "link", o.SealedLink)
	}
	var raw []byte
	if err == nil && len(o.SealedFill) > 0 {
		if raw, err = tx.Keys.Open("offers", "fills", o.SealedFill); err == nil {
			err = json.Unmarshal(raw, &o.Fills)
		}
	}
	if err != nil {
		return fmt.Errorf("offer %d: %w", o.ID, err)
	}
	o.SealedText, o.SealedFill, o.SealedLink = nil, nil, nil
	return nil
}

func (tx *Tx) offers(ctx context.Context, where string, args ...any) ([]OfferRow, error) {
	var rows []OfferRow
	if err := tx.Select(ctx, &rows, `SELECT `+offerColumns+where, args...); err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	for i := range rows {
		if err := tx.openOffer(&rows[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// OfferByID finds an offer that the actor sees, locked until the transaction ends; [crm.ErrNotFound].
func (tx *Tx) OfferByID(ctx context.Context, id crm.OfferID) (OfferRow, error) {
	rows, err := tx.offers(ctx, `WHERE o.id = $1 AND o.deleted_at IS NULL FOR UPDATE OF o`, int64(id))
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("offer %d: %w", id, crm.ErrNotFound)
	}
	if err != nil {
		return OfferRow{}, err
	}
	return rows[0], nil
}

// OffersByID finds offers, in the order of their numbers.
func (tx *Tx) OffersByID(ctx context.Context, ids []int64) ([]OfferRow, error) {
	return tx.offers(ctx, `WHERE o.id = ANY ($1::bigint[]) AND o.deleted_at IS NULL ORDER BY o.id`, pq.Array(ids))
}

// DueOffers takes up to limit offers whose time has come, the longest due first, and locks them until the transaction ends.
// Those that another transaction has in hand are left out.
func (tx *Tx) DueOffers(ctx context.Context, limit int) ([]OfferRow, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `
		SELECT id FROM offers WHERE state = 'planned' AND deleted_at IS NULL AND due <= $1
		ORDER BY due, id LIMIT $2 FOR UPDATE SKIP LOCKED`, tx.Now, limit)
	if err != nil || len(ids) == 0 {
		return nil, explain(err, "due offers")
	}
	return tx.offers(ctx, `WHERE o.id = ANY ($1::bigint[]) ORDER BY o.due, o.id`, pq.Array(ids))
}

// OffersToGreet takes up to limit offers to a customer that wait, need no tap of their owner, and could go with a greeting now: whose time
// has come, and those that the owner should hand on for want of a door. They are locked until the transaction ends; those that
// another one has in hand are left out.
func (tx *Tx) OffersToGreet(ctx context.Context, customer crm.CustomerID, limit int) ([]OfferRow, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `
		SELECT id FROM offers WHERE customer_id = $1 AND auto AND deleted_at IS NULL AND (state = 'planned' AND due <= $2 OR state = 'asked' AND channel = 'link')
		ORDER BY created_at, id LIMIT $3 FOR UPDATE SKIP LOCKED`, int64(customer), tx.Now, limit)
	if err != nil || len(ids) == 0 {
		return nil, explain(err, "offers to greet %d with", customer)
	}
	return tx.offers(ctx, `WHERE o.id = ANY ($1::bigint[]) ORDER BY o.created_at, o.id`, pq.Array(ids))
}

// OffersQuery is a question for offers. Zero values ask for all.
type OffersQuery struct {
	Owners   []int64
	Customer crm.CustomerID
	States   []string
	From, To time.Time // when they were sent, or are due
	Limit    int
	Skip     int
}

// ListOffers finds offers that the actor sees, the next to leave first and behind them the last that left, and counts all.
func (tx *Tx) ListOffers(ctx context.Context, q OffersQuery) (rows []OfferRow, total int, err error) {
	const where = `WHERE o.deleted_at IS NULL
		AND (cardinality($1::bigint[]) = 0 OR o.owner_id = ANY ($1::bigint[]))
		AND ($2::bigint = 0 OR o.customer_id = $2::bigint)
		AND (cardinality($3::text[]) = 0 OR o.state = ANY ($3::text[]))
		AND ($4::timestamptz IS NULL OR coalesce(o.sent_at, o.due) >= $4) AND ($5::timestamptz IS NULL OR coalesce(o.sent_at, o.due) < $5)`
	args := []any{pq.Array(append([]int64{}, q.Owners...)), int64(q.Customer), pq.Array(append([]string{}, q.States...)), orNone(q.From), orNone(q.To)}
	if err := tx.Get(ctx, &total, `SELECT count(*) FROM offers o `+where, args...); err != nil {
		return nil, 0, fmt.Errorf("offers: %w", err)
	}
	rows, err = tx.offers(ctx, where+`
		ORDER BY o.state NOT IN ('asked', 'planned', 'queued'), CASE WHEN o.state IN ('asked', 'planned', 'queued') THEN o.due END, coalesce(o.sent_at, o.updated_at) DESC, o.id DESC
		LIMIT $6 OFFSET $7`, append(args, q.Limit, q.Skip)...)
	return rows, total, err
}

// OfferChange is what a decision makes of an offer.
type OfferChange struct {
	ID      crm.OfferID
	State   string
	Channel string
	Reason  string
	Due     time.Time // zero leaves it
	Said    string    // from queued on: the text as the customer reads it; "" leaves the template
	Told    bool      // its owner has seen it now
	Auto    bool      // needs no tap any more
	Tried   string    // a channel that could not deliver it; "" is none
	Remade  bool      // its group-send task was taken back
}

// ChangeOffers writes decisions down, all in one statement. It tells no undo: what left cannot be taken back.
func (tx *Tx) ChangeOffers(ctx context.Context, list []OfferChange) error {
	n := len(list)
	if n == 0 {
		return nil
	}
	var (
		id                          = make([]int64, n)
		state, channel, reason, due = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		tried                       = make([]string, n)
		said                        = make([][]byte, n)
		told, auto, remade          = make([]bool, n), make([]bool, n), make([]bool, n)
	)
	for i, c := range list {
		id[i], state[i], channel[i], reason[i], due[i], told[i], auto[i], tried[i] = int64(c.ID), c.State, c.Channel, c.Reason, stamp(c.Due), c.Told, c.Auto, c.Tried
		remade[i] = c.Remade
		if c.Said != "" {
			said[i] = tx.Seal("offers", "text", c.Said)
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE offers o SET state = u.state, channel = u.channel, reason = u.reason, due = coalesce(nullif(u.due, '')::timestamptz, o.due), text = coalesce(nullif(u.said, ''), o.text),
			told_at = CASE WHEN u.told THEN $9 ELSE o.told_at END, auto = o.auto OR u.auto, remade = u.remade, tried = CASE WHEN u.tried = '' THEN o.tried ELSE o.tried || u.tried END,
			tries = o.tries + CASE WHEN u.state = 'queued' THEN 1 ELSE 0 END,
			queued_at = CASE WHEN u.state = 'queued' THEN $9 ELSE o.queued_at END, sent_at = CASE WHEN u.state = 'sent' THEN coalesce(o.sent_at, $9) ELSE o.sent_at END,
			version = o.version + 1, updated_at = $9
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::boolean[], $8::boolean[], $10::text[], $11::boolean[])
			AS u (id, state, channel, reason, due, said, told, auto, tried, remade)
		WHERE o.id = u.id`,
		pq.Array(id), pq.Array(state), pq.Array(channel), pq.Array(reason), pq.Array(due), pq.Array(said), pq.Array(told), pq.Array(auto), tx.Now, pq.Array(tried), pq.Array(remade))
	if err != nil {
		return fmt.Errorf("offers: %w", err)
	}
	return tx.couponsTold(ctx, list)
}

// ExpireOffers gives up what has waited too long for its owner's tap, at most limit, and tells what that is.
func (tx *Tx) ExpireOffers(ctx context.Context, reason string, limit int) (expired []int64, err error) {
	if err = tx.Select(ctx, &expired, `
		UPDATE offers SET state = 'refused', reason = $2, version = version + 1, updated_at = $1
		WHERE id IN (SELECT id FROM offers WHERE state = 'asked' AND deleted_at IS NULL AND due <= $1 ORDER BY due, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING id`, tx.Now, reason, limit); err != nil {
		return nil, fmt.Errorf("expire offers: %w", err)
	}
	return expired, nil
}

// OffersWaiting tells whether the time of any offer has come, or a bundle was left open by whoever closed the others.
func (tx *Tx) OffersWaiting(ctx context.Context) (waiting bool, err error) {
	err = tx.Get(ctx, &waiting, `
		SELECT EXISTS (SELECT FROM offers WHERE state = 'planned' AND deleted_at IS NULL AND due <= $1)
			OR EXISTS (SELECT FROM offers WHERE state = 'asked' AND deleted_at IS NULL AND due <= $1)
			OR EXISTS (SELECT FROM offers WHERE state = 'queued' AND channel = 'contact' AND deleted_at IS NULL AND until <= $1)
			OR EXISTS (SELECT FROM offer_bundles WHERE made_at IS NULL)`, tx.Now)
	if err != nil {
		return false, fmt.Errorf("offers: %w", err)
	}
	return waiting, nil
}

// QueuedOffer is an offer whose message is about to leave.
type QueuedOffer struct {
	ID      crm.OfferID  `db:"id"`
	State   string       `db:"state"`
	Tries   int          `db:"tries"`
	Purpose string       `db:"purpose"`
	Channel string       `db:"channel"`
	Ticket  crm.TicketID `db:"ticket"` // the customer's oldest open one; 0 is none
	No      bool         `db:"no"`     // the customer has refused its purpose by its channel, or by all
}

// offerRefused is whether the customer of an offer (o) has said no to it, by its channel or by all.
const offerRefused = `EXISTS (SELECT FROM consents r WHERE r.customer_id = o.customer_id AND r.purpose = o.purpose AND r.channel IN ('*', o.channel) AND NOT r.allowed)`

// OffersQueued reads how offers stand whose messages are about to leave.
func (tx *Tx) OffersQueued(ctx context.Context, ids []int64) (rows []QueuedOffer, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT o.id, o.state, o.tries, o.purpose, o.channel, `+offerRefused+` AS no,
			coalesce((SELECT min(t.id) FROM tickets t WHERE t.customer_id = o.customer_id AND t.deleted_at IS NULL AND t.state <> 'closed'), 0) AS ticket
		FROM offers o WHERE o.id = ANY ($1::bigint[]) AND o.deleted_at IS NULL`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	return rows, nil
}

// OffersAnswered marks the offers that a customer got since then and has not answered yet as answered, and returns them.
func (tx *Tx) OffersAnswered(ctx context.Context, customer crm.CustomerID, since time.Time) ([]OfferRow, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `
		UPDATE offers SET answered_at = $3 WHERE customer_id = $1 AND state = 'sent' AND sent_at > $2 AND answered_at IS NULL RETURNING id`, int64(customer), since, tx.Now)
	if err != nil || len(ids) == 0 {
		return nil, explain(err, "offers to %d", customer)
	}
	return tx.OffersByID(ctx, ids)
}

// OfferUnanswered tells whether a customer has got an offer of late after which it has said nothing yet.
func (tx *Tx) OfferUnanswered(ctx context.Context, customer crm.CustomerID) (waits bool, err error) {
	err = tx.Get(ctx, &waits, `SELECT EXISTS (SELECT FROM offers WHERE customer_id = $1 AND state = 'sent' AND sent_at > $2 AND answered_at IS NULL)`,
		int64(customer), tx.Now.Add(-crm.OfferAnswerLife))
	if err != nil {
		return false, fmt.Errorf("offers to %d: %w", customer, err)
	}
	return waits, nil
}
