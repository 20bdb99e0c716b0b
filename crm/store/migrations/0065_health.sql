-- How well customers do, and whom to visit. A row for each customer that was looked at; due says when time alone will have
-- changed the score, so that a night reads the customers that are due and those that changed since the last one, by
-- index, and no others. What it was lies in customer_health_log: a line whenever it moved.

-- +goose Up
CREATE TABLE customer_health (
    customer_id bigint PRIMARY KEY REFERENCES customers,
    score       smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    parts       jsonb NOT NULL,
    base        smallint NOT NULL,        -- the best score since the last warning
    low         boolean NOT NULL,         -- it was said that it is below the line
    visit_due   timestamptz,              -- when the rhythm of its level wants the next visit; null when it has none
    due         timestamptz NOT NULL,     -- when to look again
    computed_at timestamptz NOT NULL
);
CREATE INDEX customer_health_due ON customer_health (due, customer_id);
CREATE INDEX customer_health_score ON customer_health (score, customer_id);
CREATE INDEX customer_health_visit ON customer_health (visit_due, customer_id) WHERE visit_due IS NOT NULL;

ALTER TABLE customer_health ENABLE ROW LEVEL SECURITY;
CREATE POLICY customer_health_seen ON customer_health
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = customer_health.customer_id));
GRANT SELECT, INSERT, UPDATE ON customer_health TO gendan_app;

CREATE TABLE customer_health_log (
    customer_id bigint NOT NULL REFERENCES customers,
    at          timestamptz NOT NULL,
    score       smallint NOT NULL,
    why         text NOT NULL,
    PRIMARY KEY (customer_id, at)
);
ALTER TABLE customer_health_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY customer_health_log_seen ON customer_health_log
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = customer_health_log.customer_id));
GRANT SELECT, INSERT ON customer_health_log TO gendan_app;

-- How far the nights have come: changes up to changed are read, and customers up to seeded have had their first look.
CREATE TABLE health_nights (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    changed timestamptz NOT NULL,
    seeded  bigint NOT NULL DEFAULT 0
);
INSERT INTO health_nights (changed) VALUES ('-infinity');
ALTER TABLE health_nights ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON health_nights USING (gendan_scope() = 'system');
GRANT SELECT, UPDATE ON health_nights TO gendan_app;

-- What changed since is found by these.
CREATE INDEX deals_changed ON deals (updated_at, customer_id);
CREATE INDEX tickets_changed ON tickets (updated_at, customer_id) WHERE customer_id IS NOT NULL;
