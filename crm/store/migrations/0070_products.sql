-- What is sold, and what each order held. A product is known by its compared name (name_key), so that an order, a won deal
-- and a filter that say it in other spellings mean one thing. Whatever an order names becomes a product, without a price
-- until somebody gives it one. An order has a line for each thing bought; its own product and amount say it in short.
-- number is the shop's: the same number of the same shop is one order.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_product_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT regexp_replace(lower(normalize(name, NFKC)), '[[:space:]!-/:-@\[-`{-~。、·「」『』《》【】]+', '', 'g') $$;
-- +goose StatementEnd

CREATE TABLE products (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    name       text NOT NULL CHECK (name <> ''),
    name_key   text COLLATE "C" GENERATED ALWAYS AS (gendan_product_key(name)) STORED,
    category   text NOT NULL DEFAULT '',
    price      bigint CHECK (price >= 0),       -- fen; null: never said
    life_days  integer CHECK (life_days > 0),   -- how long one lasts; null: it is not used up
    version    integer NOT NULL DEFAULT 1,
    created_by bigint REFERENCES users,         -- null: the service
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE UNIQUE INDEX products_name ON products (name_key) WHERE deleted_at IS NULL;
CREATE INDEX products_category ON products (category) WHERE deleted_at IS NULL AND category <> '';
ALTER TABLE products ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON products USING (gendan_scope() <> '');
GRANT SELECT, INSERT, UPDATE ON products TO gendan_app;
INSERT INTO record_kinds VALUES ('product', 'products', 'r.name');

ALTER TABLE orders ADD number text NOT NULL DEFAULT '', ADD shop text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX orders_number ON orders (shop, number) WHERE number <> '' AND deleted_at IS NULL;

CREATE TABLE order_items (
    order_id   bigint NOT NULL REFERENCES orders,
    line       smallint NOT NULL CHECK (line > 0),
    product    text NOT NULL CHECK (product <> ''),  -- as it was said
    product_id bigint REFERENCES products,
    quantity   numeric NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    amount     bigint NOT NULL DEFAULT 0 CHECK (amount >= 0), -- fen
    PRIMARY KEY (order_id, line)
);
CREATE INDEX order_items_product ON order_items (product_id, order_id);
ALTER TABLE order_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY order_items_seen ON order_items FOR SELECT
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM orders o WHERE o.id = order_items.order_id));
CREATE POLICY order_items_added ON order_items FOR INSERT WITH CHECK (gendan_scope() <> ''); -- the order of the same statement is not seen yet
GRANT SELECT, INSERT ON order_items TO gendan_app;

-- What was ordered and won before.
INSERT INTO products (name)
SELECT DISTINCT ON (gendan_product_key(b.product)) b.product
FROM (SELECT product FROM orders UNION ALL SELECT product FROM deals WHERE state = 'won') b
WHERE gendan_product_key(b.product) <> ''
ON CONFLICT DO NOTHING;
INSERT INTO order_items (order_id, line, product, product_id, quantity, amount)
SELECT o.id, 1, o.product, p.id, o.quantity, o.amount
FROM orders o LEFT JOIN products p ON p.name_key = gendan_product_key(o.product) AND p.deleted_at IS NULL
WHERE o.product <> '';
