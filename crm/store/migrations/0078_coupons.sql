-- Coupons (优惠券): promises to customers, each good once. Its code is sealed and found by a blind index; what it gives is its
-- batch's, so that a million coupons cost a million short rows. Whether one is used is decided by one UPDATE of its row.

-- +goose Up
CREATE TABLE coupon_batches (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    key         text NOT NULL UNIQUE,             -- of the request, or of the step of a journey, that issues them
    terms       jsonb NOT NULL,                   -- crm.CouponTerms
    source      text NOT NULL,                    -- coupon, journey, rule, campaign, greeting, manual
    source_id   bigint NOT NULL DEFAULT 0,
    campaign_id bigint,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint REFERENCES users,          -- null: the service
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz                       -- the send was taken back
);
CREATE INDEX coupon_batches_at ON coupon_batches (created_at DESC);
CREATE INDEX coupon_batches_by ON coupon_batches (created_by, created_at DESC);

CREATE TABLE coupons (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    batch_id    bigint NOT NULL REFERENCES coupon_batches,
    customer_id bigint REFERENCES customers,      -- null: handed out without a name
    code        bytea NOT NULL,                   -- sealed
    code_index  bytea NOT NULL,
    key         text NOT NULL,                    -- the same key is one coupon
    state       text NOT NULL DEFAULT 'issued' CHECK (state IN ('issued', 'redeemed', 'voided', 'expired')),
    issued_at   timestamptz NOT NULL,
    sent_at     timestamptz,
    expires_at  timestamptz NOT NULL,
    reminded_at timestamptz,
    ended_at    timestamptz,                      -- redeemed, voided or expired
    order_id    bigint REFERENCES orders,
    price       bigint NOT NULL DEFAULT 0 CHECK (price >= 0),               -- fen: of what was bought, before the coupon
    off         bigint NOT NULL DEFAULT 0 CHECK (off BETWEEN 0 AND price),  -- fen: what the coupon took off
    shop        text NOT NULL DEFAULT '',         -- where it was redeemed
    via         text NOT NULL DEFAULT '',         -- the door through which it was redeemed
    reason      text NOT NULL DEFAULT '',         -- of voiding
    handled_by  bigint REFERENCES users,          -- who redeemed it last, also when that was taken back
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint REFERENCES users,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz,
    CHECK ((state = 'issued') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX coupons_code ON coupons (code_index);
CREATE UNIQUE INDEX coupons_key ON coupons (key);
CREATE INDEX coupons_customer ON coupons (customer_id, id DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX coupons_batch ON coupons (batch_id, state, expires_at) INCLUDE (sent_at);
CREATE INDEX coupons_issued ON coupons (issued_at) INCLUDE (batch_id);
CREATE INDEX coupons_sent ON coupons (sent_at) INCLUDE (batch_id) WHERE sent_at IS NOT NULL;
CREATE INDEX coupons_ended ON coupons (ended_at) INCLUDE (batch_id, state, price, off) WHERE ended_at IS NOT NULL;
CREATE INDEX coupons_order ON coupons (order_id) WHERE order_id IS NOT NULL;

ALTER TABLE coupon_batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE coupons ENABLE ROW LEVEL SECURITY;
-- What a batch gives is no secret among colleagues; whose the coupons are is.
CREATE POLICY acting ON coupon_batches USING (gendan_scope() <> '');
-- Whoever redeems a coupon may see it, and take that back.
CREATE POLICY coupons_seen ON coupons
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR handled_by = gendan_actor()
        OR created_by = gendan_actor()
        OR EXISTS (SELECT FROM customers c WHERE c.id = coupons.customer_id));
GRANT SELECT, INSERT, UPDATE ON coupon_batches, coupons TO gendan_app;

INSERT INTO record_kinds VALUES ('coupon', 'coupons', $$'#' || r.id$$), ('coupon_batch', 'coupon_batches', $$'#' || r.id$$);

-- gendan_coupon finds a coupon by its code, whoever's customer holds it: having the code is the right to be served.
-- +goose StatementBegin
CREATE FUNCTION gendan_coupon(sought bytea) RETURNS SETOF coupons
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT c.* FROM coupons c WHERE c.code_index = sought AND c.deleted_at IS NULL AND gendan_scope() <> '' $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_coupon FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_coupon TO gendan_app;

-- gendan_coupon_redeem uses up a coupon, if it is still good at that time, and tells its new version; no row when it is not.
-- +goose StatementBegin
CREATE FUNCTION gendan_coupon_redeem(which bigint, sought bytea, at timestamptz, of_order bigint, costs bigint, takes bigint, in_shop text, door text)
RETURNS TABLE (version integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE coupons c
    SET state = 'redeemed', ended_at = at, order_id = of_order, price = costs, off = takes, shop = in_shop, via = door,
        handled_by = nullif(gendan_actor(), 0), version = c.version + 1, updated_at = at
    WHERE c.id = which AND c.code_index = sought AND c.state = 'issued' AND c.expires_at > at AND c.deleted_at IS NULL AND gendan_scope() <> ''
    RETURNING c.version
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_coupon_redeem FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_coupon_redeem TO gendan_app;
