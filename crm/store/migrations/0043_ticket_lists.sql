-- What lists of tickets need. A person's list is what they handle or were told of, open or closed. Few tickets are open and
-- many are closed, so each state has its own index of watchers; a ticket is in one of them. Row-level security keeps Postgres
-- from using such an index for a condition of the reader's (the operator might tell what it compares), so the numbers come
-- from a function that only lists people whom the reader may ask for; the rows are then read under the policies. A span of
-- days is one of creation.

-- +goose Up
CREATE INDEX tickets_watchers_closed ON tickets USING gin (watchers) WITH (gin_pending_list_limit = 64) WHERE deleted_at IS NULL AND state = 'closed';
CREATE INDEX tickets_created ON tickets (created_at) WHERE deleted_at IS NULL;

-- +goose StatementBegin
CREATE FUNCTION gendan_followed_tickets(people bigint[], of_teams bigint[], want text, at timestamptz, since timestamptz, until timestamptz, page integer)
RETURNS TABLE (ids bigint[], total integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    may   bigint[] := '{}';
    teams bigint[] := '{}';
BEGIN
    IF gendan_scope() IN ('all', 'system') THEN
        may := people;
        teams := of_teams;
    ELSIF gendan_scope() = 'team' THEN
        may := ARRAY(SELECT u.id FROM users u WHERE u.id = ANY (people) AND (u.id = gendan_actor() OR u.team_id = ANY (gendan_teams())));
        teams := ARRAY(SELECT unnest(of_teams) INTERSECT SELECT unnest(gendan_teams()));
    ELSIF gendan_scope() <> '' AND gendan_actor() = ANY (people) THEN
        may := ARRAY[gendan_actor()];
    END IF;
    IF want = 'closed' THEN
        RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT t.id, t.closed_at FROM tickets t
            WHERE t.deleted_at IS NULL AND t.state = 'closed' AND (t.owner_id = ANY (may) OR t.watchers && may OR t.team_id = ANY (teams))
                AND (since IS NULL OR t.closed_at >= since) AND (until IS NULL OR t.closed_at < until))
        SELECT ARRAY(SELECT f.id FROM found f ORDER BY f.closed_at DESC, f.id DESC LIMIT page), (SELECT count(*)::integer FROM found);
    ELSE
        RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT t.id, t.due FROM tickets t
            WHERE t.deleted_at IS NULL AND t.state <> 'closed' AND (t.owner_id = ANY (may) OR t.watchers && may OR t.team_id = ANY (teams))
                AND (want <> 'overdue' OR t.due < at)
                AND (since IS NULL OR t.created_at >= since) AND (until IS NULL OR t.created_at < until))
        SELECT ARRAY(SELECT f.id FROM found f ORDER BY f.due, f.id LIMIT page), (SELECT count(*)::integer FROM found);
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_followed_tickets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_followed_tickets TO gendan_app;
