-- How many customers are worth what, and who moved. Like the filters, these count with the owner's right among the
-- customers that the actor sees, and answer numbers only.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_rfm_bands() RETURNS TABLE (rfm text, customers bigint, spent bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT x.rfm, count(*), coalesce(sum(x.spent), 0)::bigint' || gendan_seen_sql('true') || ' GROUP BY x.rfm';
END $$;
-- +goose StatementEnd

-- gendan_rfm_moves counts who had another band at the end of a span than at its beginning.
-- +goose StatementBegin
CREATE FUNCTION gendan_rfm_moves(since timestamptz, until timestamptz) RETURNS TABLE (was text, rfm text, customers bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT m.was, m.rfm, count(*) FROM (
            SELECT l.customer_id, (array_agg(l.was ORDER BY l.nr))[1] AS was, (array_agg(l.rfm ORDER BY l.nr DESC))[1] AS rfm
            FROM rfm_log l WHERE l.at >= $1 AND l.at < $2 AND l.rfm <> l.was GROUP BY l.customer_id) m
        JOIN (SELECT x.customer_id' || gendan_seen_sql('true') || ') q ON q.customer_id = m.customer_id
        WHERE m.was <> m.rfm GROUP BY m.was, m.rfm ORDER BY count(*) DESC, m.was, m.rfm' USING since, until;
END $$;
-- +goose StatementEnd

-- gendan_set_rfm puts the pack's rules in place. Who bought something gets new marks by them, the first at the next look.
-- +goose StatementBegin
CREATE FUNCTION gendan_set_rfm(new_rules jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF gendan_scope() <> 'system' THEN
        RETURN false;
    END IF;
    UPDATE rfm_rules SET rules = new_rules WHERE rules <> new_rules;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE customer_facts SET due = '-infinity' WHERE orders > 0;
    RETURN true;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_rfm_bands, gendan_rfm_moves, gendan_set_rfm FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_rfm_bands, gendan_rfm_moves, gendan_set_rfm TO gendan_app;
