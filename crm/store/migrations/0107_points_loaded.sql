-- Points of orders that were not written by the program: a shop's history, a nightly load. They wait here, in the transaction
-- that wrote the orders, and a row of the outbox sets the work going, one for each such transaction. Who takes them gives
-- the points in its own transaction, so a killed process leaves them waiting. The program's own orders earn as they are written.

-- +goose Up
CREATE TABLE points_waiting (order_id bigint PRIMARY KEY);
ALTER TABLE points_waiting ENABLE ROW LEVEL SECURITY; -- functions only

-- +goose StatementBegin
CREATE FUNCTION gendan_orders_loaded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO points_waiting (order_id) SELECT id FROM new_rows WHERE deleted_at IS NULL AND amount > 0 ON CONFLICT DO NOTHING;
    IF FOUND THEN
        WITH k AS (INSERT INTO outbox_keys (key) VALUES ('points.loaded:' || pg_current_xact_id()) ON CONFLICT DO NOTHING RETURNING key)
        INSERT INTO outbox (platform, lane, peer, kind, key) SELECT '', 'points.loaded', '', 'points.loaded', k.key FROM k;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orders_loaded AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (gendan_scope() = '') EXECUTE FUNCTION gendan_orders_loaded();

-- gendan_take_loaded takes the oldest orders that wait for their points; nobody else has them.
-- +goose StatementBegin
CREATE FUNCTION gendan_take_loaded(most integer) RETURNS SETOF bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM points_waiting w USING (SELECT o.order_id FROM points_waiting o WHERE gendan_scope() = 'system' ORDER BY o.order_id LIMIT most FOR UPDATE SKIP LOCKED) h
    WHERE w.order_id = h.order_id RETURNING w.order_id
$$;
-- +goose StatementEnd

-- What a customer has bought counts for the tier also when it stands in the ledger of one that became a part of this one.
CREATE INDEX customers_merged_into ON customers (merged_into) WHERE merged_into IS NOT NULL;
-- +goose StatementBegin
CREATE FUNCTION gendan_points_progress(customers bigint[], after date) RETURNS TABLE (customer_id bigint, spent bigint, points bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE part AS (
        SELECT u.id AS root, u.id, 0 AS step FROM unnest(customers) u (id) WHERE gendan_sees(u.id)
        UNION ALL SELECT p.root, m.id, p.step + 1 FROM part p JOIN customers m ON m.merged_into = p.id WHERE m.deleted_at IS NOT NULL AND p.step < 20
    )
    SELECT p.root, sum(l.amount)::bigint, sum(l.points - l.owed)::bigint FROM part p JOIN points_ledger l ON l.customer_id = p.id AND l.counts > after GROUP BY p.root
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_take_loaded, gendan_points_progress FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_take_loaded, gendan_points_progress TO gendan_app;

-- The tier is a fact that filters ask for, and an account that moves to another customer takes its facts along.
ALTER TABLE customer_facts ADD tier text NOT NULL DEFAULT '';
UPDATE customer_facts f SET tier = a.tier FROM points_accounts a WHERE a.customer_id = f.customer_id AND a.tier <> '';
UPDATE customer_facts f SET member = coalesce((SELECT a.member FROM points_accounts a WHERE a.customer_id = f.customer_id), false)
FROM customers c WHERE c.id = f.customer_id AND (c.merged_into IS NOT NULL OR EXISTS (SELECT FROM customers m WHERE m.merged_into = c.id))
    AND f.member <> coalesce((SELECT a.member FROM points_accounts a WHERE a.customer_id = f.customer_id), false);
CREATE INDEX customer_facts_tier ON customer_facts (tier, customer_id) WHERE tier <> '';
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_points_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.customer_id <> NEW.customer_id THEN
        UPDATE customer_facts SET member = false, tier = '' WHERE customer_id = OLD.customer_id AND (member OR tier <> '');
        INSERT INTO customer_changes (customer_id) VALUES (OLD.customer_id);
    END IF;
    UPDATE customer_facts SET member = NEW.member, tier = NEW.tier WHERE customer_id = NEW.customer_id AND (member, tier) IS DISTINCT FROM (NEW.member, NEW.tier);
    INSERT INTO customer_changes (customer_id) VALUES (NEW.customer_id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP TRIGGER points_accounts_member ON points_accounts;
CREATE TRIGGER points_accounts_member AFTER UPDATE ON points_accounts FOR EACH ROW
    WHEN ((OLD.member, OLD.tier, OLD.customer_id) IS DISTINCT FROM (NEW.member, NEW.tier, NEW.customer_id)) EXECUTE FUNCTION gendan_points_member();

-- The condition of a filter learns tiers; the rest of it stays as it is.
-- +goose StatementBegin
DO $do$
DECLARE
    was text := pg_get_functiondef('gendan_filter_sql(jsonb, timestamptz)'::regprocedure);
    new text := regexp_replace(was, '(\n\s*)(IF f \? ''rfm'' THEN)', E'\\1IF f ? ''tiers'' THEN w := w || format(''(x.member AND x.tier = ANY (%L::text[]))'', ARRAY(SELECT jsonb_array_elements_text(f->''tiers''))); END IF;\\1\\2');
BEGIN
    IF new = was THEN
        RAISE EXCEPTION 'gendan_filter_sql has no place for tiers';
    END IF;
    EXECUTE new;
END $do$;
-- +goose StatementEnd
