-- Customers who had the same name elsewhere (a number, a mail address, an account) before such names were watched (0111) were never asked
-- about. They stand here, once a name, until a night has their owners asked: a few a day. A name that more than four customers have
-- is a switchboard's, and asks nobody. The first night looks for them, when all that tells names is in place; a row without a kind says
-- that it has.

-- +goose Up
CREATE TABLE known_before (
    kind     text NOT NULL,
    key      bytea NOT NULL,
    pairs    integer NOT NULL,          -- of customers, that it asks about
    asked_at timestamptz,
    PRIMARY KEY (kind, key)
);
CREATE INDEX known_before_asked ON known_before (asked_at) WHERE asked_at IS NOT NULL;
CREATE INDEX known_before_open ON known_before (kind, key) WHERE asked_at IS NULL;
ALTER TABLE known_before ENABLE ROW LEVEL SECURITY; -- functions only

-- gendan_fill_known_before looks for such names; it tells how many are new.
-- +goose StatementBegin
CREATE FUNCTION gendan_fill_known_before() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    n bigint;
BEGIN
    INSERT INTO known_before (kind, key, pairs)
    SELECT k.kind, k.key, count(DISTINCT k.customer_id) - 1 FROM (
        SELECT 'phone' AS kind, p.phone_index AS key, p.customer_id FROM contacts p WHERE p.phone_index IS NOT NULL AND p.deleted_at IS NULL
        UNION ALL SELECT 'mail', p.email_index, p.customer_id FROM contacts p WHERE p.email_index IS NOT NULL AND p.deleted_at IS NULL
        UNION ALL SELECT 'phone', c.phone_index, c.id FROM customers c WHERE c.phone_index IS NOT NULL
        UNION ALL SELECT n.kind, n.key, g.customer_id FROM guests g CROSS JOIN LATERAL gendan_guest_names(g) n WHERE g.customer_id IS NOT NULL) k
    JOIN customers c ON c.id = k.customer_id AND c.deleted_at IS NULL
    WHERE NOT EXISTS (SELECT FROM merge_proposals m WHERE m.kind = k.kind AND m.key = k.key)
    GROUP BY k.kind, k.key HAVING count(DISTINCT k.customer_id) BETWEEN 2 AND 4
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
-- +goose StatementEnd

-- gendan_ask_known_before has owners asked about at most that many pairs in 20 hours, however often it is called; it tells how many it asked
-- about now.
-- +goose StatementBegin
CREATE FUNCTION gendan_ask_known_before(at timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    name   record;
    budget integer;
    asked  integer := 0;
BEGIN
    IF gendan_scope() <> 'system' THEN
        RETURN 0;
    END IF;
    LOCK TABLE known_before IN SHARE ROW EXCLUSIVE MODE; -- one process counts at a time
    IF NOT EXISTS (SELECT FROM known_before k WHERE k.kind = '') THEN
        PERFORM gendan_fill_known_before();
        INSERT INTO known_before (kind, key, pairs, asked_at) VALUES ('', '', 0, '-infinity');
    END IF;
    budget := most - coalesce((SELECT sum(k.pairs) FROM known_before k WHERE k.asked_at > at - interval '20 hours'), 0);
    FOR name IN SELECT k.kind, k.key, k.pairs FROM known_before k WHERE k.asked_at IS NULL ORDER BY k.kind, k.key LIMIT most LOOP
        EXIT WHEN name.pairs > budget - asked;
        PERFORM gendan_settle_identity(name.kind, name.key, at);
        UPDATE known_before k SET asked_at = at WHERE k.kind = name.kind AND k.key = name.key;
        asked := asked + name.pairs;
    END LOOP;
    RETURN asked;
END $$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION gendan_fill_known_before, gendan_ask_known_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_ask_known_before TO gendan_app;
