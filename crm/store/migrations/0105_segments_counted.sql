-- A look at a segment that has to go through everybody takes seconds where customers are a million. gendan_look_is_long tells,
-- by few pages, whether the next look at a segment is one of those: nothing is kept of its filter as it is now, or more has changed than
-- a look takes up by itself, and the customers are more than most. gendan_look_stands tells whether what is kept was looked at
-- no earlier than since, so that a replica, which cannot look, may answer by it.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_look_is_long(segment bigint, f jsonb, now timestamptz, most integer) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    last segment_looks;
BEGIN
    SELECT * INTO last FROM segment_looks l WHERE l.segment_id = segment;
    IF FOUND AND last.filter = f AND now >= last.at AND last.at > now - interval '2 days' -- each night looks at all
        AND NOT EXISTS (SELECT FROM customer_changes h WHERE h.tx >= last.mark OFFSET 19999 LIMIT 1) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT FROM customer_facts OFFSET most LIMIT 1);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION gendan_look_stands(segment bigint, f jsonb, since timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT EXISTS (SELECT FROM segment_looks l WHERE l.segment_id = segment AND l.filter = f AND l.at >= since) $$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION gendan_look_is_long, gendan_look_stands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_look_is_long, gendan_look_stands TO gendan_app;
