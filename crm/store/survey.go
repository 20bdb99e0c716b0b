package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// SurveyRow is a survey with its answer and the names around it.
type SurveyRow struct {
	crm.Survey
	Score      *int       `db:"score"` // nil: not answered
	Sealed     []byte     `db:"words"`
	Via        string     `db:"via"`
	TaskID     crm.TaskID `db:"task_id"`
	AnsweredAt *time.Time `db:"answered_at"`
	Customer   string     `db:"customer"`
	Contact    string     `db:"contact"`
	AgentName  string     `db:"agent_name"`
	GuestPeer  string     `db:"guest_peer"`

	Words string `db:"-"`
}

const surveyColumns = `s.id, s.metric, coalesce(s.ticket_id, 0) AS ticket_id, coalesce(s.customer_id, 0) AS customer_id, coalesce(s.contact_id, 0) AS contact_id,
	coalesce(s.guest_id, 0) AS guest_id, coalesce(s.campaign_id, 0) AS campaign_id, coalesce(s.agent_id, 0) AS agent_id, coalesce(s.owner_id, 0) AS owner_id,
	coalesce(s.team_id, 0) AS team_id, s.door, s.link, coalesce(s.created_by, 0) AS created_by, s.sent_at, s.expires_at,
	a.score, a.words, coalesce(a.via, '') AS via, coalesce(a.task_id, 0) AS task_id, a.answered_at,
	coalesce(c.name, gendan_customer_called(s.customer_id), '') AS customer, coalesce(p.name, '') AS contact, coalesce(u.name, '') AS agent_name,
	coalesce(g.peer, '') AS guest_peer
	FROM surveys s LEFT JOIN survey_answers a ON a.survey_id = s.id LEFT JOIN customers c ON c.id = s.customer_id
	LEFT JOIN contacts p ON p.id = s.contact_id LEFT JOIN users u ON u.id = s.agent_id LEFT JOIN guests g ON g.id = s.guest_id `

// AddSurvey writes a survey down; its number is filled in. ok is false when the ticket, or the customer of the campaign, has
// one already.
func (tx *Tx) AddSurvey(ctx context.Context, s *crm.Survey) (ok bool, err error) {
	err = tx.Get(ctx, &s.ID, `
		INSERT INTO surveys (metric, ticket_id, customer_id, contact_id, guest_id, campaign_id, agent_id, owner_id, team_id, door, link, created_by, sent_at, expires_at)
		VALUES ($1, nullif($2::bigint, 0), nullif($3::bigint, 0), nullif($4::bigint, 0), nullif($5::bigint, 0), nullif($6::bigint, 0), nullif($7::bigint, 0),
			nullif($8::bigint, 0), nullif($9::bigint, 0), $10, $11, nullif($12::bigint, 0), $13, $14)
		ON CONFLICT DO NOTHING
		RETURNING id`,
		s.Metric, int64(s.TicketID), int64(s.CustomerID), int64(s.ContactID), int64(s.GuestID), s.CampaignID, int64(s.AgentID), int64(s.OwnerID), int64(s.TeamID),
		s.Door, s.Link, int64(s.CreatedBy), s.SentAt, s.ExpiresAt)
	if errors.Is(err, crm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("survey: %w", err)
	}
	return true, nil
}

// SurveyByID finds a survey that the actor sees; [crm.ErrNotFound].
func (tx *Tx) SurveyByID(ctx context.Context, id int64) (SurveyRow, error) {
	return tx.survey(ctx, `WHERE s.id = $1`, id)
}

// SurveyByLink finds the survey whose link has that hash; [crm.ErrNotFound].
func (tx *Tx) SurveyByLink(ctx context.Context, hash []byte) (SurveyRow, error) {
	return tx.survey(ctx, `WHERE s.link = $1`, hash)
}

func (tx *Tx) survey(ctx context.Context, where string, arg any) (row SurveyRow, err error) {
	if err = tx.Get(ctx, &row, `SELECT `+surveyColumns+where, arg); err != nil {
		return row, fmt.Errorf("survey: %w", err)
	}
	if row.Words, err = tx.OpenText("survey_answers", "words", row.Sealed); err != nil {
		return row, fmt.Errorf("survey %d: %w", row.ID, err)
	}
	row.Sealed = nil
	return row, nil
}

// AskedSince is when the customer, or the guest, was asked last since that time; zero when they were not. It holds up
// others who ask the same until the transaction ends.
func (tx *Tx) AskedSince(ctx context.Context, customer crm.CustomerID, guest crm.GuestID, since time.Time) (time.Time, error) {
	lock := fmt.Sprintf("survey:c%d", customer)
	if customer == 0 {
		lock = fmt.Sprintf("survey:g%d", guest)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, lock); err != nil {
		return time.Time{}, err
	}
	var at *time.Time
	err := tx.Get(ctx, &at, `
		SELECT max(sent_at) FROM (
			SELECT sent_at FROM surveys WHERE customer_id = nullif($1::bigint, 0) AND sent_at > $3
			UNION ALL
			SELECT sent_at FROM surveys WHERE guest_id = nullif($2::bigint, 0) AND sent_at > $3) s`, int64(customer), int64(guest), since)
	if err != nil {
		return time.Time{}, fmt.Errorf("asked since: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return *at, nil
}

// AnswerSurvey keeps the first answer to a survey: counted is false when there is one already.
func (tx *Tx) AnswerSurvey(ctx context.Context, id int64, score int, words, via string) (counted bool, err error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO survey_answers (survey_id, score, words, via, answered_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (survey_id) DO NOTHING`, id, score, tx.Seal("survey_answers", "words", words), via, tx.Now)
	if err != nil {
		return false, fmt.Errorf("survey %d: answer: %w", id, err)
	}
	return n == 1, nil
}

// WordSurvey adds the word to an answer that has none yet; counted is false when it has.
func (tx *Tx) WordSurvey(ctx context.Context, id int64, words string) (counted bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE survey_answers SET words = $2 WHERE survey_id = $1 AND words IS NULL`, id, tx.Seal("survey_answers", "words", words))
	if err != nil {
		return false, fmt.Errorf("survey %d: words: %w", id, err)
	}
	return n == 1, nil
}

// SurveyTask notes which call-back an answer has led to.
func (tx *Tx) SurveyTask(ctx context.Context, id int64, task crm.TaskID) error {
	_, err := tx.Exec(ctx, `UPDATE survey_answers SET task_id = $2 WHERE survey_id = $1`, id, int64(task))
	if err != nil {
		return fmt.Errorf("survey %d: task: %w", id, err)
	}
	return nil
}

// GuestAsked is the newest survey of a guest whose score is in and whose word is not, answered since; [crm.ErrNotFound].
func (tx *Tx) GuestAsked(ctx context.Context, guest crm.GuestID, since time.Time) (SurveyRow, error) {
	return tx.survey(ctx, `WHERE s.id = (SELECT s.id FROM surveys s JOIN survey_answers a ON a.survey_id = s.id
		WHERE s.guest_id = $1 AND a.words IS NULL AND a.answered_at > '`+stamp(since)+`'::timestamptz ORDER BY a.answered_at DESC LIMIT 1)`, int64(guest))
}

// GuestUnanswered is the newest survey that was put to a guest at their own door since, and is good and without a score;
// [crm.ErrNotFound].
func (tx *Tx) GuestUnanswered(ctx context.Context, guest crm.GuestID, since time.Time) (SurveyRow, error) {
	return tx.survey(ctx, `WHERE s.id = (SELECT s.id FROM surveys s
		WHERE s.guest_id = $1 AND s.door = 'kf' AND s.metric = 'csat' AND s.sent_at > '`+stamp(since)+`'::timestamptz AND s.expires_at > '`+stamp(tx.Now)+`'::timestamptz
		AND NOT EXISTS (SELECT FROM survey_answers a WHERE a.survey_id = s.id) ORDER BY s.sent_at DESC LIMIT 1)`, int64(guest))
}

// AddCampaign writes a campaign of surveys down.
func (tx *Tx) AddCampaign(ctx context.Context, name, metric string, filter json.RawMessage) (id int64, err error) {
	err = tx.Get(ctx, &id, `INSERT INTO survey_campaigns (name, metric, filter, created_by, created_at) VALUES ($1, $2, $3::text::jsonb, $4, $5) RETURNING id`,
		name, metric, string(filter), int64(tx.Actor.UserID), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("campaign: %w", err)
	}
	return id, nil
}

// RatingsQuery selects surveys by when they were sent and whose they are.
type RatingsQuery struct {
	From, To time.Time
	Agents   []int64 // whose work; nil is anybody's
	Metric   string
	Zone     string // IANA name or offset, for weeks
}

// RatingsRow is a line of the report: a week, or an agent.
type RatingsRow struct {
	Week     time.Time  `db:"week"`  // its Monday
	AgentID  crm.UserID `db:"agent"` // 0 is nobody's
	Agent    string     `db:"name"`
	Asked    int        `db:"asked"`
	Answered int        `db:"answered"`
	Sum      int        `db:"total"`
	Happy    int        `db:"happy"`
	Unhappy  int        `db:"unhappy"`
}

// Ratings are the numbers of the row.
func (r RatingsRow) Ratings() crm.Ratings {
	return crm.Ratings{Asked: r.Asked, Answered: r.Answered, Sum: r.Sum, Happy: r.Happy, Unhappy: r.Unhappy}
}

const ratingsCounts = `count(*) AS asked, count(a.score) AS answered, coalesce(sum(a.score), 0) AS total,
	count(*) FILTER (WHERE a.score >= CASE s.metric WHEN 'nps' THEN 9 ELSE 4 END) AS happy,
	count(*) FILTER (WHERE a.score <= CASE s.metric WHEN 'nps' THEN 6 ELSE 2 END) AS unhappy
	FROM surveys s LEFT JOIN survey_answers a ON a.survey_id = s.id LEFT JOIN users u ON u.id = s.agent_id
	WHERE s.sent_at >= $1 AND s.sent_at < $2 AND s.metric = $3 AND ($4::bigint[] IS NULL OR s.agent_id = ANY ($4)) `

// RatingsByWeek counts what the actor sees, by the week in which it was asked, oldest first.
func (tx *Tx) RatingsByWeek(ctx context.Context, q RatingsQuery) (rows []RatingsRow, err error) {
	err = tx.Select(ctx, &rows, `SELECT (date_trunc('week', s.sent_at AT TIME ZONE $5) AT TIME ZONE $5) AS week, `+ratingsCounts+`GROUP BY 1 ORDER BY 1`,
		q.From, q.To, q.Metric, pq.Array(q.Agents), q.Zone)
	if err != nil {
		return nil, fmt.Errorf("ratings by week: %w", err)
	}
	return rows, nil
}

// RatingsByAgent counts likewise by whose work it was, the best average first.
func (tx *Tx) RatingsByAgent(ctx context.Context, q RatingsQuery) (rows []RatingsRow, err error) {
	err = tx.Select(ctx, &rows, `SELECT coalesce(s.agent_id, 0) AS agent, coalesce(u.name, '') AS name, `+ratingsCounts+`
		GROUP BY 1, 2 ORDER BY avg(a.score) DESC NULLS LAST, count(a.score) DESC, 1 LIMIT 50`, q.From, q.To, q.Metric, pq.Array(q.Agents))
	if err != nil {
		return nil, fmt.Errorf("ratings by agent: %w", err)
	}
	return rows, nil
}

// TicketSurvey is the survey about a ticket; [crm.ErrNotFound].
func (tx *Tx) TicketSurvey(ctx context.Context, id crm.TicketID) (SurveyRow, error) {
	return tx.survey(ctx, `WHERE s.ticket_id = $1`, int64(id))
}

// LastGuestOf is the guest of a customer who wrote last; 0 when there is none.
func (tx *Tx) LastGuestOf(ctx context.Context, customer crm.CustomerID) (id crm.GuestID, err error) {
	err = tx.Get(ctx, &id, `SELECT coalesce((SELECT id FROM guests WHERE customer_id = $1 ORDER BY spoke_at DESC NULLS LAST, id LIMIT 1), 0)`, int64(customer))
	if err != nil {
		return 0, fmt.Errorf("guest of customer %d: %w", customer, err)
	}
	return id, nil
}
