-- Which of some customers a filter holds for: a branch of a journey asks it of those who stand at it, and of nobody else.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_among(f jsonb, now timestamptz, of_these bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    EXECUTE 'SELECT coalesce(array_agg(x.customer_id ORDER BY x.customer_id), ''{}'')' || gendan_seen_sql(gendan_filter_sql(f, now)) || ' AND x.customer_id = ANY ($1)'
        INTO ids USING of_these;
    RETURN ids;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_among FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_among TO gendan_app;
