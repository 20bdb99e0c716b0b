-- Who is at work, when, and what they can do: what work is given out by. Who has no row works the company's hours.

-- +goose Up
CREATE TABLE duties (
    user_id    bigint PRIMARY KEY REFERENCES users,
    skills     text[] NOT NULL DEFAULT '{}',
    shift      text NOT NULL DEFAULT '',        -- 周一至周五 09:00-18:00; '' is the company's hours
    said       jsonb NOT NULL DEFAULT '[]',     -- 上班, 下班, 请假: [{on, since, until}], in the order in which it was said
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE duties ENABLE ROW LEVEL SECURITY;
CREATE POLICY duties_known ON duties FOR SELECT USING (gendan_scope() <> '');
CREATE POLICY duties_kept ON duties
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR user_id = gendan_actor()
        OR (gendan_scope() = 'team' AND EXISTS (SELECT FROM users u WHERE u.id = duties.user_id AND u.team_id = ANY (gendan_teams()))));
REVOKE ALL ON duties FROM gendan_app;
GRANT SELECT, INSERT, UPDATE ON duties TO gendan_app;
