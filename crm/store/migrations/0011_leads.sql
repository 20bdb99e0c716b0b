-- Leads. One without an owner lies in the pool (公海), which everybody who has an actor sees.

-- +goose Up
CREATE TABLE leads (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    company     text NOT NULL DEFAULT '',
    company_key text COLLATE "C" NOT NULL DEFAULT '',
    contact     text NOT NULL DEFAULT '',
    contact_key text COLLATE "C" NOT NULL DEFAULT '',
    title       text NOT NULL DEFAULT '',
    source      text NOT NULL DEFAULT '',
    region      text NOT NULL DEFAULT '',
    industry    text NOT NULL DEFAULT '',
    campaign    text NOT NULL DEFAULT '',
    need        bytea,
    phone       bytea,
    phone_index bytea,
    phone_tail  bytea,
    email       bytea,
    wechat      bytea,
    owner_id    bigint REFERENCES users,
    team_id     bigint REFERENCES teams,
    given_by    bigint REFERENCES users,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'converted', 'closed')),
    customer_id bigint REFERENCES customers,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint NOT NULL REFERENCES users,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX leads_owner ON leads (owner_id, created_at DESC) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX leads_company ON leads (company_key) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX leads_contact ON leads (contact_key) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX leads_phone ON leads (phone_index) WHERE deleted_at IS NULL AND state = 'open';

ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
CREATE POLICY leads_seen ON leads
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = (SELECT gendan_actor())
        OR (owner_id IS NULL AND (SELECT gendan_scope()) <> '')
        OR ((SELECT gendan_scope()) = 'team' AND team_id = ANY ((SELECT gendan_teams())::bigint[])));
GRANT SELECT, INSERT, UPDATE ON leads TO gendan_app;
