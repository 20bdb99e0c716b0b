-- Surveys (满意度调查): a question to one customer, about a ticket or in general, answered by one tap. A survey is answered
-- once: the answer is a row of its own whose key is the survey's. Of the link in it only a hash is kept.

-- +goose Up
CREATE TABLE survey_campaigns (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    name       text NOT NULL DEFAULT '',
    metric     text NOT NULL CHECK (metric IN ('csat', 'nps')),
    filter     jsonb NOT NULL,
    created_by bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL
);

CREATE TABLE surveys (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    metric      text NOT NULL CHECK (metric IN ('csat', 'nps')),
    ticket_id   bigint REFERENCES tickets,
    customer_id bigint REFERENCES customers,
    contact_id  bigint REFERENCES contacts,
    guest_id    bigint REFERENCES guests,
    campaign_id bigint REFERENCES survey_campaigns,
    agent_id    bigint REFERENCES users,          -- whose work it asks about
    owner_id    bigint REFERENCES users,          -- whose the customer is
    team_id     bigint REFERENCES teams,          -- the agent's
    door        text NOT NULL CHECK (door IN ('kf', 'sms', 'mail', 'link')),
    link        bytea NOT NULL UNIQUE,            -- SHA-256 of the token
    created_by  bigint REFERENCES users,          -- null: the service, after a ticket was closed
    sent_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CHECK (ticket_id IS NOT NULL OR customer_id IS NOT NULL)
);
CREATE UNIQUE INDEX surveys_ticket ON surveys (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE UNIQUE INDEX surveys_campaign ON surveys (campaign_id, customer_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX surveys_customer ON surveys (customer_id, sent_at DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX surveys_guest ON surveys (guest_id, sent_at DESC) WHERE guest_id IS NOT NULL;
CREATE INDEX surveys_sent ON surveys (sent_at);

CREATE TABLE survey_answers (
    survey_id   bigint PRIMARY KEY REFERENCES surveys,
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 10),
    words       bytea,                            -- sealed
    via         text NOT NULL,
    task_id     bigint REFERENCES tasks,          -- the call-back that a low score asks for
    answered_at timestamptz NOT NULL
);
CREATE INDEX survey_answers_at ON survey_answers (answered_at);

ALTER TABLE survey_campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE surveys ENABLE ROW LEVEL SECURITY;
ALTER TABLE survey_answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON survey_campaigns USING (gendan_scope() IN ('all', 'system') OR created_by = gendan_actor());
CREATE POLICY surveys_seen ON surveys
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR agent_id = gendan_actor()
        OR owner_id = gendan_actor()
        OR created_by = gendan_actor()
        OR (gendan_scope() = 'team' AND team_id = ANY (gendan_teams()))
        OR EXISTS (SELECT FROM customers c WHERE c.id = surveys.customer_id));
CREATE POLICY answers_seen ON survey_answers
    USING ((SELECT gendan_scope()) IN ('all', 'system') OR EXISTS (SELECT FROM surveys s WHERE s.id = survey_answers.survey_id));
GRANT SELECT, INSERT ON survey_campaigns, surveys TO gendan_app;
GRANT SELECT, INSERT, UPDATE ON survey_answers TO gendan_app;
