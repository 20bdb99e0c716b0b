-- Everybody moves their own morning brief: of their own row this and nothing else.

-- +goose Up
-- gendan_brief_at moves the actor's morning brief and tells when it was; null when there is no such colleague.
-- +goose StatementBegin
CREATE FUNCTION gendan_brief_at(minute integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    was integer;
BEGIN
    SELECT brief_minute INTO was FROM users WHERE id = gendan_actor() AND active FOR UPDATE;
    IF FOUND THEN
        UPDATE users SET brief_minute = minute, updated_at = now() WHERE id = gendan_actor();
    END IF;
    RETURN was;
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_brief_at(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_brief_at(integer) TO gendan_app;
