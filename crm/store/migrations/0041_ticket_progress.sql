-- What becomes of a ticket's task belongs into the ticket's story, also when whoever does the task does not see the ticket:
-- a lead who closes the task of one of theirs. The function adds the line for a task that the actor may change, and says
-- whom to tell.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_ticket_progress(task bigint, happened timestamptz, said bytea)
RETURNS TABLE (ticket bigint, entry bigint, owner bigint, customer_owner bigint, priority text, content bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH of_task AS (
        SELECT t.id, t.owner_id, c.owner_id AS customer_owner, t.priority, t.content
        FROM tasks k JOIN tickets t ON t.id = k.ticket_id LEFT JOIN customers c ON c.id = t.customer_id
        WHERE k.id = task AND t.deleted_at IS NULL
            AND (gendan_scope() IN ('all', 'system') OR k.user_id = gendan_actor() OR k.created_by = gendan_actor()
                OR (gendan_scope() = 'team' AND EXISTS (SELECT FROM users u WHERE u.id = k.user_id AND u.team_id = ANY (gendan_teams())))
                OR (gendan_scope() <> '' AND (t.owner_id = gendan_actor() OR gendan_actor() = ANY (t.watchers))))
    ), added AS (
        INSERT INTO ticket_entries (ticket_id, at, user_id, side, content)
        SELECT id, happened, nullif(gendan_actor(), 0), 'change', said FROM of_task
        RETURNING id
    )
    SELECT o.id, a.id, o.owner_id, o.customer_owner, o.priority, o.content FROM of_task o, added a
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_ticket_progress FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_ticket_progress TO gendan_app;
