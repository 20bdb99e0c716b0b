-- Whoever acts may know which kinds of records there are; without an actor the table is empty like every other.

-- +goose Up
GRANT SELECT ON record_kinds TO gendan_app;
CREATE POLICY known ON record_kinds FOR SELECT USING (gendan_scope() <> '');

-- Whoever hears of a complaint writes it down, also of a customer that is not theirs: its owner is told, and what was
-- promised to such a customer counts. The rep sees the ticket, and no more of the customer than its name.
-- +goose StatementBegin
CREATE FUNCTION gendan_ticket_customer(customer bigint)
RETURNS TABLE (owner_id bigint, level text, collaborators bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT c.owner_id, c.level, c.collaborators FROM customers c WHERE c.id = customer AND c.deleted_at IS NULL AND gendan_scope() <> '' $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_ticket_customer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_ticket_customer TO gendan_app;
