-- What customers will probably do. The models are fitted once a week on a part of the orders and stand here as rows: the four
-- numbers of BG/NBD, how each product is bought again, what is bought with and after what. A night looks at those customers
-- whose purchases changed and those whose risk moves by time alone (due), by index, and at no others.

-- +goose Up
CREATE TABLE predict_models (
    kind      text PRIMARY KEY CHECK (kind IN ('bgnbd', 'cycles', 'baskets', 'night')),
    params    jsonb NOT NULL,           -- what belongs to no product; of a night: from when on changes are looked at
    customers integer NOT NULL,         -- it was fitted on
    fitted_at timestamptz NOT NULL
);

CREATE TABLE customer_predictions (
    customer_id bigint PRIMARY KEY REFERENCES customers,
    risk        smallint NOT NULL CHECK (risk BETWEEN 0 AND 100), -- of having gone
    alive       real,                   -- chance to buy ever again by the model; null: too few orders for it
    buys        real,                   -- chance to buy within thirty days by the model
    every       real,                   -- days between purchases on average; null after one
    last_order  timestamptz NOT NULL,   -- that it was told from
    worth       bigint NOT NULL,        -- fen, spent within the year before
    risen_at    timestamptz,            -- since when the risk is at the line or above; null: it is below
    due         timestamptz,            -- when time alone moves it on
    computed_at timestamptz NOT NULL
);
CREATE INDEX customer_predictions_due ON customer_predictions (due, customer_id) WHERE due IS NOT NULL;
CREATE INDEX customer_predictions_risen ON customer_predictions (worth DESC, customer_id) WHERE risen_at IS NOT NULL;
CREATE INDEX customer_facts_bought ON customer_facts (updated_at, customer_id) WHERE orders > 0;

CREATE TABLE customer_cycles (
    customer_id bigint NOT NULL REFERENCES customers,
    product_id  bigint NOT NULL REFERENCES products,
    times       integer NOT NULL,       -- bought on so many days
    last_at     timestamptz NOT NULL,
    days        real NOT NULL,          -- that one purchase is expected to last
    due_at      timestamptz NOT NULL,   -- half of such customers buy before
    low_at      timestamptz NOT NULL,   -- eight of ten buy between these
    high_at     timestamptz NOT NULL,
    own         smallint NOT NULL,      -- intervals of the customer's own that it stands on
    computed_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, product_id)
);
CREATE INDEX customer_cycles_due ON customer_cycles (due_at, customer_id);

CREATE TABLE product_cycles (
    product_id bigint PRIMARY KEY REFERENCES products,
    mean       double precision NOT NULL, -- of log days
    between    double precision NOT NULL, -- variance of customers' means
    within     double precision NOT NULL, -- variance of one customer's intervals
    customers  integer NOT NULL,
    known      boolean NOT NULL,
    fitted_at  timestamptz NOT NULL       -- rows of an earlier fit than predict_models' are history
);

CREATE TABLE product_pairs (
    product_id bigint NOT NULL REFERENCES products,
    other_id   bigint NOT NULL REFERENCES products, -- bought together with it or after it
    together   integer NOT NULL,                    -- customers
    share      real NOT NULL,                       -- of those who bought the first
    lift       real NOT NULL,
    fitted_at  timestamptz NOT NULL,
    PRIMARY KEY (product_id, other_id)
);

CREATE TABLE category_follows (
    category  text NOT NULL,
    other     text NOT NULL,
    together  integer NOT NULL,
    lift      real NOT NULL,
    fitted_at timestamptz NOT NULL,
    PRIMARY KEY (category, other)
);

CREATE TABLE product_buyers (
    segment    text NOT NULL,             -- '' for all; 'industry:制造业', 'source:展会'
    product_id bigint NOT NULL REFERENCES products,
    buyers     integer NOT NULL,
    fitted_at  timestamptz NOT NULL,
    PRIMARY KEY (segment, product_id)
);
CREATE INDEX product_buyers_most ON product_buyers (segment, buyers DESC);

ALTER TABLE predict_models ENABLE ROW LEVEL SECURITY;
ALTER TABLE customer_predictions ENABLE ROW LEVEL SECURITY;
ALTER TABLE customer_cycles ENABLE ROW LEVEL SECURITY;
ALTER TABLE product_cycles ENABLE ROW LEVEL SECURITY;
ALTER TABLE product_pairs ENABLE ROW LEVEL SECURITY;
ALTER TABLE category_follows ENABLE ROW LEVEL SECURITY;
ALTER TABLE product_buyers ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON predict_models USING (gendan_scope() <> '');
CREATE POLICY acting ON product_cycles USING (gendan_scope() <> '');
CREATE POLICY acting ON product_pairs USING (gendan_scope() <> '');
CREATE POLICY acting ON category_follows USING (gendan_scope() <> '');
CREATE POLICY acting ON product_buyers USING (gendan_scope() <> '');
CREATE POLICY customer_predictions_seen ON customer_predictions
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = customer_predictions.customer_id));
CREATE POLICY customer_cycles_seen ON customer_cycles
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = customer_cycles.customer_id));
GRANT SELECT, INSERT, UPDATE ON predict_models, customer_predictions, customer_cycles, product_cycles, product_pairs, category_follows, product_buyers TO gendan_app;

-- gendan_purchases are what customers bought and when: lines of orders, and won deals. It is a view of what the caller may see.
CREATE VIEW gendan_purchases WITH (security_invoker = true) AS
SELECT o.customer_id, o.at, i.product_id, i.quantity::float8 AS quantity, o.id AS purchase
FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
WHERE o.deleted_at IS NULL
UNION ALL
SELECT d.customer_id, coalesce(d.closed_at, d.updated_at), p.id, 1, d.id
FROM deals d LEFT JOIN products p ON p.name_key = gendan_product_key(d.product) AND d.product <> '' AND p.deleted_at IS NULL
WHERE d.state = 'won' AND d.deleted_at IS NULL;
GRANT SELECT ON gendan_purchases TO gendan_app;
