-- Deals follow their customer: who sees the one sees the other; and whoever owns a deal sees it, which spares
-- the look at the customer. Amounts are fen.

-- +goose Up
CREATE TABLE deals (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id bigint NOT NULL REFERENCES customers,
    owner_id    bigint NOT NULL REFERENCES users,
    title       text NOT NULL CHECK (title <> ''),
    product     text NOT NULL DEFAULT '',
    quantity    numeric NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    amount      bigint NOT NULL DEFAULT 0 CHECK (amount >= 0),
    stage       text NOT NULL,
    stage_since timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'won', 'lost')),
    close_date  date,
    probability double precision NOT NULL DEFAULT 0 CHECK (probability BETWEEN 0 AND 1),
    competitor  text NOT NULL DEFAULT '',
    reason      bytea,
    closed_at   timestamptz,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint NOT NULL REFERENCES users,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX deals_customer ON deals (customer_id, state) WHERE deleted_at IS NULL;
CREATE INDEX deals_owner ON deals (owner_id, state, updated_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX deals_stage ON deals (stage, updated_at DESC) WHERE deleted_at IS NULL AND state = 'open';

ALTER TABLE deals ENABLE ROW LEVEL SECURITY;
CREATE POLICY deals_seen ON deals
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = (SELECT gendan_actor())
        OR EXISTS (SELECT FROM customers c WHERE c.id = deals.customer_id));
GRANT SELECT, INSERT, UPDATE ON deals TO gendan_app;
