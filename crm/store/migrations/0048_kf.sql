-- The customers' door, WeChat customer service: where each account's pulling stands, who was heard, and what may still be
-- sent to them.

-- +goose Up
CREATE TABLE kf_accounts (
	account text PRIMARY KEY,                 -- open_kfid
	cursor text NOT NULL DEFAULT '',          -- the page after the last one that is in the inbox
	token text NOT NULL DEFAULT '',           -- of the last ring
	rings bigint NOT NULL DEFAULT 0,          -- heard by processes that do not pull this account
	moved_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE kf_customers (
	account text NOT NULL,
	customer text NOT NULL,                   -- external_userid
	name bytea,                               -- sealed; NULL: never told
	union_id bytea,                           -- sealed
	heard_at timestamptz NOT NULL DEFAULT '-infinity', -- the customer's last message, as the platform says
	heard text[] NOT NULL DEFAULT '{}',       -- the messages of that very second
	sent text[] NOT NULL DEFAULT '{}',        -- our message ids since then
	spent boolean NOT NULL DEFAULT false,     -- the platform says that it was enough
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (account, customer)
);

-- The one-use codes of changed sessions, by the key of the reply that asked for the change.
CREATE TABLE kf_codes (
	key text PRIMARY KEY,
	code text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX kf_codes_age ON kf_codes (created_at);

ALTER TABLE kf_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE kf_customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE kf_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON kf_accounts USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY service ON kf_customers USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY service ON kf_codes USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, INSERT, UPDATE ON kf_accounts, kf_customers TO gendan_app;
GRANT SELECT, INSERT ON kf_codes TO gendan_app;

-- gendan_forget_kf_codes sweeps codes that no longer work: the longest-lived works for 48 hours.
-- +goose StatementBegin
CREATE FUNCTION gendan_forget_kf_codes() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM kf_codes WHERE created_at < now() - interval '3 days' AND gendan_scope() = 'system'
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_forget_kf_codes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_forget_kf_codes TO gendan_app;
