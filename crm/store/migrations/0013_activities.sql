-- What happened with a customer: notes people said, changes the executor made. By month of writing, since
-- an activity may lie long in the past (imports) but is never written there.

-- +goose Up
CREATE TABLE activities (
    id          bigint NOT NULL DEFAULT nextval('record_numbers'),
    customer_id bigint NOT NULL REFERENCES customers,
    deal_id     bigint,
    contact_id  bigint,
    user_id     bigint NOT NULL REFERENCES users,
    type        text NOT NULL CHECK (type IN ('note', 'change')),
    channel     text NOT NULL DEFAULT '',
    content     bytea,
    at          timestamptz NOT NULL,
    next_at     timestamptz,
    next        bytea,
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX activities_customer ON activities (customer_id, at DESC) WHERE deleted_at IS NULL;

ALTER TABLE activities ENABLE ROW LEVEL SECURITY;
CREATE POLICY activities_seen ON activities
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = activities.customer_id));
GRANT SELECT, INSERT, UPDATE ON activities TO gendan_app;
