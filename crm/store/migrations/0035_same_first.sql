-- The very record that is looked for is found among however many that begin with the same words of welcome; and no
-- function with its owner's rights can be led to a temporary table of the same name.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_same_records(keys bytea[], hash bytea)
RETURNS TABLE (id bigint, customer bigint, known_as text, owner bigint, recorded_by bigint, recorded_at timestamptz, line_keys bytea[], same boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF gendan_scope() = '' THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH near AS MATERIALIZED (
            SELECT r.id, r.created_at, r.customer_id, c.name, c.owner_id, r.user_id, r.recorded_at, r.line_keys, r.whole = hash AS whole
            FROM chat_records r
                JOIN customers c ON c.id = r.customer_id AND c.deleted_at IS NULL
                JOIN activities a ON a.id = r.id AND a.created_at = r.created_at AND a.deleted_at IS NULL
            WHERE r.whole = hash OR r.line_keys && keys
            ORDER BY r.whole = hash DESC, r.created_at DESC
            LIMIT 500
        )
        SELECT n.id, n.customer_id, n.name, n.owner_id, n.user_id, n.recorded_at, n.line_keys, n.whole
        FROM near n
        ORDER BY n.whole DESC, (SELECT count(*) FROM (SELECT unnest(n.line_keys) INTERSECT SELECT unnest(keys)) k) DESC, n.created_at DESC
        LIMIT 50;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'gendan\_%' LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', f);
    END LOOP;
END
$$;
-- +goose StatementEnd
