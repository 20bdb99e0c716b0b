package store

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
)

// FactsRow is what is known of a customer from all below it.
type FactsRow struct {
	Orders      int        `db:"orders"` // and won deals
	Spent       int64      `db:"spent"`  // fen
	FirstOrder  *time.Time `db:"first_order"`
	LastOrder   *time.Time `db:"last_order"`
	Member      bool       `db:"member"`
	R           int        `db:"r"`
	F           int        `db:"f"`
	M           int        `db:"m"`
	RFM         string     `db:"rfm"`
	OpenTickets int        `db:"open_tickets"`
	Complaints  int        `db:"complaints"`
	Was         *string    `db:"was"` // the band before; nil when there was none
	MovedAt     *time.Time `db:"moved_at"`
}

// Facts reads them; crm.ErrNotFound.
func (tx *Tx) Facts(ctx context.Context, customer crm.CustomerID) (f FactsRow, err error) {
	if err = tx.Get(ctx, &f, `
		SELECT x.orders, x.spent, x.first_order, x.last_order, x.member, x.r, x.f, x.m, x.rfm, x.open_tickets, x.complaints, l.was, l.at AS moved_at
		FROM customer_facts x
		LEFT JOIN LATERAL (SELECT g.was, g.at FROM rfm_log g WHERE g.customer_id = x.customer_id AND g.rfm <> g.was ORDER BY g.nr DESC LIMIT 1) l ON true
		WHERE x.customer_id = $1`, int64(customer)); err != nil {
		return f, fmt.Errorf("facts of %d: %w", customer, err)
	}
	return f, nil
}

// LikeRow is something that a customer buys again and again.
type LikeRow struct {
	Name  string `db:"name"`
	Times int    `db:"times"` // purchases
}

// LikesOf lists the products that a customer buys regularly, and the categories that hold several of what it bought, most
// often first.
func (tx *Tx) LikesOf(ctx context.Context, customer crm.CustomerID, limit int) (rows []LikeRow, err error) {
	if err = tx.Select(ctx, &rows, `
		WITH bought AS (
			SELECT o.id, p.name, p.category FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
			WHERE o.customer_id = $1 AND o.deleted_at IS NULL
		), regular AS (SELECT (rules->'regular')::int AS times FROM rfm_rules)
		SELECT q.name, q.times FROM (
			SELECT name, count(DISTINCT id) AS times, 0 AS kind FROM bought GROUP BY name
			UNION ALL SELECT category || '类', count(DISTINCT id), 1 FROM bought WHERE category <> '' GROUP BY category HAVING count(DISTINCT name) > 1
		) q, regular WHERE q.times >= regular.times ORDER BY q.times DESC, q.kind, q.name LIMIT $2`, int64(customer), limit); err != nil {
		return nil, fmt.Errorf("likes of %d: %w", customer, err)
	}
	return rows, nil
}

// ProductWords are the names and categories of what is sold, at most that many.
func (tx *Tx) ProductWords(ctx context.Context, limit int) (words []string, err error) {
	if err = tx.Select(ctx, &words, `
		SELECT name FROM products WHERE deleted_at IS NULL UNION SELECT category FROM products WHERE deleted_at IS NULL AND category <> '' LIMIT $1`, limit); err != nil {
		return nil, fmt.Errorf("product words: %w", err)
	}
	return words, nil
}

// PageToken is what stands in the link of a customer's page: for one colleague, until a time. Nobody else can make one.
func (k *Keys) PageToken(customer crm.CustomerID, user crm.UserID, until time.Time) string {
	text := strconv.FormatInt(int64(customer), 36) + "-" + strconv.FormatInt(int64(user), 36) + "-" + strconv.FormatInt(until.Unix(), 36)
	return text + "-" + hex.EncodeToString(k.Index("customer page", text))
}

// ReadPageToken reads what [Keys.PageToken] made; ok is false for everything else, and when its time is over.
func (k *Keys) ReadPageToken(token string, now time.Time) (customer crm.CustomerID, user crm.UserID, ok bool) {
	parts := strings.Split(token, "-")
	if len(parts) != 4 {
		return 0, 0, false
	}
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(parts[i], 36, 64); err != nil || n[i] <= 0 {
			return 0, 0, false
		}
	}
	until := time.Unix(n[2], 0)
	if !hmac.Equal([]byte(k.PageToken(crm.CustomerID(n[0]), crm.UserID(n[1]), until)), []byte(token)) || now.After(until) {
		return 0, 0, false
	}
	return crm.CustomerID(n[0]), crm.UserID(n[1]), true
}
