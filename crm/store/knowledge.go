package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gendan/crm"
)

// articleBody is the sealed part of an article.
type articleBody struct {
	Question string   `json:"q,omitempty"`
	Similar  []string `json:"s,omitempty"`
	Answer   string   `json:"a"`
}

// articleRow is an article as it is kept.
type articleRow struct {
	crm.Article
	Body []byte `db:"body"`
}

const articleColumns = `a.id, a.kind, a.state, a.body, a.source, a.code, coalesce(a.ticket_id, 0) AS ticket_id, a.uses, a.helpful, a.unhelpful,
	coalesce(a.created_by, 0) AS created_by, coalesce(u.name, '') AS author, a.version, a.updated_at
	FROM articles a LEFT JOIN users u ON u.id = a.created_by `

// ArticleBody is the sealed column that holds the words of a.
func (tx *Tx) ArticleBody(a crm.Article) (Col, error) {
	b, err := json.Marshal(articleBody{a.Question, a.Similar, a.Answer})
	if err != nil {
		return Col{}, fmt.Errorf("article %d: %w", a.ID, err)
	}
	return Col{"body", tx.Keys.Seal("articles", "body", b)}, nil
}

// AddArticle creates a and notes it for undo. ID and Version are filled in.
func (tx *Tx) AddArticle(ctx context.Context, a *crm.Article) error {
	body, err := tx.ArticleBody(*a)
	if err != nil {
		return err
	}
	err = tx.Get(ctx, &a.ID, `
		INSERT INTO articles (kind, state, body, source, code, ticket_id, created_by, confirmed_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, nullif($6::bigint, 0), nullif($7::bigint, 0), CASE WHEN $2 = 'confirmed' THEN nullif($7::bigint, 0) END, $8, $8)
		RETURNING id`, a.Kind, a.State, body.Value, a.Source, a.Code, int64(a.TicketID), int64(a.CreatedBy), tx.Now)
	if err != nil {
		return fmt.Errorf("article: %w", err)
	}
	a.Version = 1
	tx.Created(crm.KindArticle, int64(a.ID), 1)
	return nil
}

// ArticleByID finds an article; crm.ErrNotFound.
func (tx *Tx) ArticleByID(ctx context.Context, id crm.ArticleID) (crm.Article, error) {
	rows, err := tx.articles(ctx, `WHERE a.id = $1 AND a.deleted_at IS NULL`, int64(id))
	if err == nil && len(rows) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return crm.Article{}, fmt.Errorf("article %d: %w", id, err)
	}
	return rows[0], nil
}

// ArticleByCode finds an article by its id in the file it came from; crm.ErrNotFound.
func (tx *Tx) ArticleByCode(ctx context.Context, code string) (crm.Article, error) {
	rows, err := tx.articles(ctx, `WHERE a.code = $1 AND a.code <> '' AND a.deleted_at IS NULL`, code)
	if err == nil && len(rows) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return crm.Article{}, fmt.Errorf("article %s: %w", code, err)
	}
	return rows[0], nil
}

// Articles lists articles of a kind and state, the latest first; "" is any. total counts them all.
func (tx *Tx) Articles(ctx context.Context, kind, state string, limit, offset int) (rows []crm.Article, total int, err error) {
	if err = tx.Get(ctx, &total, `
		SELECT count(*) FROM articles WHERE deleted_at IS NULL AND (kind = $1 OR $1 = '') AND (state = $2 OR $2 = '')`, kind, state); err != nil {
		return nil, 0, fmt.Errorf("articles: %w", err)
	}
	rows, err = tx.articles(ctx, `
		WHERE a.deleted_at IS NULL AND (a.kind = $1 OR $1 = '') AND (a.state = $2 OR $2 = '')
		ORDER BY a.updated_at DESC, a.id DESC LIMIT $3 OFFSET $4`, kind, state, limit, offset)
	return rows, total, err
}

func (tx *Tx) articles(ctx context.Context, where string, args ...any) ([]crm.Article, error) {
	var rows []articleRow
	if err := tx.Select(ctx, &rows, `SELECT `+articleColumns+where, args...); err != nil {
		return nil, fmt.Errorf("articles: %w", err)
	}
	out := make([]crm.Article, len(rows))
	for i, r := range rows {
		plain, err := tx.Keys.Open("articles", "body", r.Body)
		if err != nil {
			return nil, fmt.Errorf("article %d: %w", r.ID, err)
		}
		var b articleBody
		if err := json.Unmarshal(plain, &b); err != nil {
			return nil, fmt.Errorf("article %d: %w", r.ID, err)
		}
		out[i] = r.Article
		out[i].Question, out[i].Similar, out[i].Answer = b.Question, b.Similar, b.Answer
	}
	return out, tx.wordings(ctx, out)
}

// CountArticle counts how an answer did: used by a customer, and whether it helped. It changes no version.
func (tx *Tx) CountArticle(ctx context.Context, id crm.ArticleID, used, helpful, unhelpful int) error {
	_, err := tx.Exec(ctx, `
		UPDATE articles SET uses = uses + $2, helpful = helpful + $3, unhelpful = unhelpful + $4 WHERE id = $1`, int64(id), used, helpful, unhelpful)
	if err != nil {
		return fmt.Errorf("article %d: %w", id, err)
	}
	return nil
}

// ArticleRevision moves with every change of what the knowledge base holds.
func (s *Store) ArticleRevision(ctx context.Context) (revision int64, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		return tx.Get(ctx, &revision, `SELECT revision FROM article_revision`)
	})
	return revision, err
}

// AllArticles is what the knowledge base holds, at most the most latest ones, by number, with its revision.
func (s *Store) AllArticles(ctx context.Context, most int) (rows []crm.Article, revision int64, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		if err := tx.Get(ctx, &revision, `SELECT revision FROM article_revision`); err != nil {
			return err
		}
		rows, err = tx.articles(ctx, `WHERE a.deleted_at IS NULL ORDER BY a.id DESC LIMIT $1`, most)
		return err
	})
	return rows, revision, err
}

// LastReply is the last answer of a colleague to a customer on a ticket, of one ticket or with 0 of any since the given
// number of hours, with what the customer had said before it; crm.ErrNotFound.
func (tx *Tx) LastReply(ctx context.Context, user crm.UserID, ticket crm.TicketID, hours int) (question, answer string, of crm.TicketID, err error) {
	var reply struct {
		ID      int64  `db:"id"`
		Ticket  int64  `db:"ticket_id"`
		Content []byte `db:"content"`
	}
	const columns = `SELECT id, ticket_id, content FROM ticket_entries WHERE side = 'reply' AND deleted_at IS NULL `
	if ticket != 0 {
		err = tx.Get(ctx, &reply, columns+`AND ticket_id = $1 ORDER BY id DESC LIMIT 1`, int64(ticket))
	} else {
		err = tx.Get(ctx, &reply, columns+`AND user_id = $1 AND at > $2::timestamptz - make_interval(hours => $3) ORDER BY id DESC LIMIT 1`,
			int64(user), tx.Now, hours)
	}
	if err != nil {
		return "", "", 0, fmt.Errorf("last reply: %w", err)
	}
	of = crm.TicketID(reply.Ticket)
	if answer, err = tx.Keys.OpenText("ticket_entries", "content", reply.Content); err != nil {
		return "", "", of, fmt.Errorf("entry %d: %w", reply.ID, err)
	}
	var asked []byte
	err = tx.Get(ctx, &asked, `
		SELECT content FROM ticket_entries WHERE ticket_id = $1 AND id < $2 AND side = 'customer' AND deleted_at IS NULL ORDER BY id DESC LIMIT 1`,
		reply.Ticket, reply.ID)
	switch {
	case err == nil:
		question, err = tx.Keys.OpenText("ticket_entries", "content", asked)
		return question, answer, of, err
	case !errors.Is(err, crm.ErrNotFound):
		return "", "", of, fmt.Errorf("last reply: %w", err)
	}
	row, err := tx.TicketByID(ctx, of)
	return row.Content, answer, of, err
}
