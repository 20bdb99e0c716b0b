-- What is said to one customer unasked (触达), what customers allow, and how often they were reached. An offer is a row from
-- the day it is planned; by which door it leaves, and whether, is decided when it is due, while the customer's row of
-- reach_counts is locked, so that no two senders can overrun a cap together. Texts are sealed.

-- +goose Up
CREATE TABLE offers (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id bigint NOT NULL REFERENCES customers,
    owner_id    bigint NOT NULL REFERENCES users,   -- who is asked or told
    purpose     text NOT NULL CHECK (purpose IN ('marketing', 'care', 'service', 'transaction')),
    source      text NOT NULL,
    source_id   bigint NOT NULL DEFAULT 0,
    step        text NOT NULL DEFAULT '',
    campaign_id bigint,
    coupon_id   bigint,
    text        bytea NOT NULL,                     -- sealed: the template, and from queued on what was said
    fills       bytea,                              -- sealed: values for it
    link        bytea,                              -- sealed
    key         text COLLATE "C" NOT NULL UNIQUE CHECK (key <> ''),
    auto        boolean NOT NULL,
    edited      boolean NOT NULL DEFAULT false,
    state       text NOT NULL DEFAULT 'planned'
                CHECK (state IN ('planned', 'asked', 'queued', 'sent', 'skipped', 'stopped', 'refused', 'failed')),
    channel     text NOT NULL DEFAULT '',
    tried       text[] NOT NULL DEFAULT '{}',       -- channels that could not deliver it
    reason      text NOT NULL DEFAULT '',           -- why it was not sent, or why now
    due         timestamptz NOT NULL,               -- the next decision, while planned
    until       timestamptz,                        -- of no use later
    told_at     timestamptz,                        -- the owner has seen it: the card, or the morning's
    queued_at   timestamptz,
    sent_at     timestamptz,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint REFERENCES users,            -- null: the service
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
);
CREATE INDEX offers_due ON offers (due, id) WHERE state = 'planned' AND deleted_at IS NULL;
CREATE INDEX offers_customer ON offers (customer_id, id);
CREATE INDEX offers_owner ON offers (owner_id, due) WHERE state IN ('planned', 'asked') AND deleted_at IS NULL;
CREATE INDEX offers_source ON offers (source, source_id, sent_at) WHERE source_id <> 0;
CREATE INDEX offers_sent ON offers (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX offers_campaign ON offers (campaign_id) WHERE campaign_id IS NOT NULL;

ALTER TABLE offers ENABLE ROW LEVEL SECURITY;
CREATE POLICY offers_seen ON offers
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = offers.customer_id));
GRANT SELECT, INSERT, UPDATE ON offers TO gendan_app;

INSERT INTO record_kinds VALUES ('offer', 'offers', 'r.source');

-- One row a customer, of the month that it was reached in last. The days on which the owner's group-send reached a customer
-- are counted, since the platform counts those.
CREATE TABLE reach_counts (
    customer_id bigint PRIMARY KEY REFERENCES customers,
    month       date NOT NULL,                      -- its first day, in the company's zone
    unasked     integer NOT NULL DEFAULT 0,         -- marketing and care, all channels
    kf          integer NOT NULL DEFAULT 0,
    contact     integer NOT NULL DEFAULT 0,
    welcome     integer NOT NULL DEFAULT 0,
    sms         integer NOT NULL DEFAULT 0,
    mail        integer NOT NULL DEFAULT 0,
    link        integer NOT NULL DEFAULT 0,
    contact_day date,                               -- the last day of a group-send
    unasked_at  timestamptz                         -- the last one
);
ALTER TABLE reach_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY reach_counts_seen ON reach_counts
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = reach_counts.customer_id));
GRANT SELECT, INSERT, UPDATE ON reach_counts TO gendan_app;

-- What a customer allows, by purpose and channel; channel '*' is all of them. No row: the pack's assumption.
CREATE TABLE consents (
    customer_id bigint NOT NULL REFERENCES customers,
    purpose     text NOT NULL CHECK (purpose IN ('marketing', 'care', 'service', 'transaction')),
    channel     text NOT NULL,
    allowed     boolean NOT NULL,
    via         text NOT NULL,                      -- how it was said: "chat", "kf", "sms", "mail", "link", "api"
    by          bigint REFERENCES users,            -- null: the customer
    at          timestamptz NOT NULL,
    PRIMARY KEY (customer_id, purpose, channel)
);
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY consents_seen ON consents
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = consents.customer_id));
GRANT SELECT, INSERT, UPDATE ON consents TO gendan_app;
