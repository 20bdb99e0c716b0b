package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// wordingMost is how many wordings of an article are read, the latest, of those that it answers and of those that it does
// not each.
const wordingMost = 40

// LearnWording keeps words as a way in which an article is asked for, or as one for which it is no answer (wrong). fresh is
// false when that was known.
func (tx *Tx) LearnWording(ctx context.Context, article crm.ArticleID, words, source string, wrong bool) (fresh bool, err error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO article_wordings (article_id, mark, words, wrong, source, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (article_id, mark) DO UPDATE SET wrong = excluded.wrong, source = excluded.source, at = excluded.at
		WHERE article_wordings.wrong <> excluded.wrong`,
		int64(article), tx.Keys.Index("wording", crm.Fold(words)), tx.Keys.SealText("article_wordings", "words", words), wrong, source, tx.Now)
	if err != nil {
		return false, fmt.Errorf("wording of article %d: %w", article, err)
	}
	return n > 0, nil
}

// wordings fills in what was learned of articles.
func (tx *Tx) wordings(ctx context.Context, rows []crm.Article) error {
	if len(rows) == 0 {
		return nil
	}
	ids, at := make([]int64, len(rows)), make(map[int64]int, len(rows))
	for i := range rows {
		ids[i], at[int64(rows[i].ID)] = int64(rows[i].ID), i
	}
	var kept []struct {
		Article int64  `db:"article_id"`
		Words   []byte `db:"words"`
		Wrong   bool   `db:"wrong"`
	}
	if err := tx.Select(ctx, &kept, `
		SELECT article_id, words, wrong FROM (
			SELECT article_id, words, wrong, at, mark, row_number() OVER (PARTITION BY article_id, wrong ORDER BY at DESC, mark) AS n
			FROM article_wordings WHERE article_id = ANY($1)) w
		WHERE n <= $2 ORDER BY article_id, at, mark`, pq.Array(ids), wordingMost); err != nil {
		return fmt.Errorf("wordings: %w", err)
	}
	for _, k := range kept {
		words, err := tx.Keys.OpenText("article_wordings", "words", k.Words)
		if err != nil {
			return fmt.Errorf("wording of article %d: %w", k.Article, err)
		}
		if a := &rows[at[k.Article]]; k.Wrong {
			a.Not = append(a.Not, words)
		} else {
			a.Learned = append(a.Learned, words)
		}
	}
	return nil
}

// LastAsked is what the customer of a ticket wrote last, and what the ticket is about.
func (tx *Tx) LastAsked(ctx context.Context, ticket crm.TicketID, content string) ([]string, error) {
	var rows [][]byte
	if err := tx.Select(ctx, &rows, `
		SELECT content FROM ticket_entries WHERE ticket_id = $1 AND side = 'customer' AND deleted_at IS NULL ORDER BY id DESC LIMIT 3`, int64(ticket)); err != nil {
		return nil, fmt.Errorf("ticket %d: %w", ticket, err)
	}
	var out []string
	for _, b := range rows {
		text, err := tx.Keys.OpenText("ticket_entries", "content", b)
		if err != nil {
			return nil, fmt.Errorf("ticket %d: %w", ticket, err)
		}
		out = append(out, text)
	}
	return append(out, content), nil
}
