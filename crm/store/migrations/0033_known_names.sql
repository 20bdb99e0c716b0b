-- The names that a person is likely to say: those of the customers they work on, then of those they see, newest
-- change first, and the products of their deals. The bot keeps them for some minutes and finds them in what is said,
-- by their characters or by their sound. One look by index, with the owner's right, since the test for collaborators
-- may use no index under the policies.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_known_names(most integer)
RETURNS TABLE (id bigint, name text, kind text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    me    bigint := gendan_actor();
    reach text := gendan_scope();
    mine  bigint[] := gendan_teams();
BEGIN
    IF reach = '' OR me IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
        FROM customers c WHERE c.deleted_at IS NULL AND c.owner_id = me ORDER BY c.updated_at DESC LIMIT most;
    RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
        FROM customers c WHERE c.deleted_at IS NULL AND c.collaborators @> ARRAY[me] LIMIT most;
    RETURN QUERY SELECT DISTINCT 0::bigint, d.product, 'product' FROM deals d
        WHERE d.deleted_at IS NULL AND d.owner_id = me AND d.product <> '' LIMIT 300;
    IF reach = 'team' THEN
        RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
            FROM customers c WHERE c.deleted_at IS NULL AND c.team_id = ANY (mine) AND c.owner_id <> me ORDER BY c.updated_at DESC LIMIT most;
    ELSIF reach IN ('all', 'system') THEN
        RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
            FROM customers c WHERE c.deleted_at IS NULL AND c.owner_id <> me ORDER BY c.updated_at DESC LIMIT most;
    END IF;
END
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION gendan_known_names FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_known_names TO gendan_app;
