-- Tickets (工单): what a customer wants looked after, from the first word to the last. The ticket is the state; its entries
-- are the story, and are only ever added. Everybody who was told of a ticket is in watchers: they may see it, and closing
-- tells them all. Deadlines are computed when something changes and stand here; due is the nearest that is running.

-- +goose Up
CREATE TABLE tickets (
    id             bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id    bigint REFERENCES customers,
    contact_id     bigint REFERENCES contacts,
    deal_id        bigint REFERENCES deals,
    order_id       bigint,
    device_id      bigint,
    guest_id       bigint,
    content        bytea,
    kind           text NOT NULL CHECK (kind IN ('咨询', '投诉', '故障', '退换', '维修', '其他')),
    priority       text NOT NULL CHECK (priority IN ('紧急', '高', '普通', '低')),
    state          text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'working', 'waiting', 'closed')),
    owner_id       bigint REFERENCES users,
    team_id        bigint REFERENCES teams,
    created_by     bigint REFERENCES users,          -- null: a customer or a rule
    source         text NOT NULL,
    sla            text NOT NULL DEFAULT '',         -- the rule of the pack
    first_due      timestamptz,
    next_due       timestamptz,
    solve_due      timestamptz,
    first_at       timestamptz,                      -- the first answer
    asked_at       timestamptz,                      -- the customer's first word that nobody has answered yet, after the first answer
    waiting_since  timestamptz,
    paused_seconds bigint NOT NULL DEFAULT 0,        -- of working time
    level          integer NOT NULL DEFAULT 0,       -- how far it was escalated
    breached       text[] NOT NULL DEFAULT '{}',     -- of first, next, solve
    watchers       bigint[] NOT NULL DEFAULT '{}',
    merged_into    bigint REFERENCES tickets,
    split_from     bigint REFERENCES tickets,
    reopened       integer NOT NULL DEFAULT 0,
    resolution     bytea,
    closed_at      timestamptz,
    closed_by      bigint REFERENCES users,
    touched_by     bigint REFERENCES users,          -- the colleague who took or answered it last
    touched_at     timestamptz,
    due            timestamptz GENERATED ALWAYS AS (CASE WHEN state <> 'closed' THEN
        least(CASE WHEN first_at IS NULL THEN first_due END, CASE WHEN waiting_since IS NULL THEN next_due END,
            CASE WHEN waiting_since IS NULL THEN solve_due END) END) STORED,
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz
);
CREATE INDEX tickets_owner ON tickets (owner_id, due) WHERE deleted_at IS NULL AND state <> 'closed';
CREATE INDEX tickets_owner_closed ON tickets (owner_id, closed_at) WHERE deleted_at IS NULL AND state = 'closed';
CREATE INDEX tickets_team ON tickets (team_id, due) WHERE deleted_at IS NULL AND state <> 'closed';
CREATE INDEX tickets_due ON tickets (due, id) WHERE deleted_at IS NULL AND state <> 'closed';
CREATE INDEX tickets_closed ON tickets (closed_at, id) WHERE deleted_at IS NULL AND state = 'closed';
CREATE INDEX tickets_customer ON tickets (customer_id, id) WHERE deleted_at IS NULL;
CREATE INDEX tickets_guest ON tickets (guest_id, id) WHERE deleted_at IS NULL AND guest_id IS NOT NULL;
CREATE INDEX tickets_watchers ON tickets USING gin (watchers) WITH (gin_pending_list_limit = 64) WHERE deleted_at IS NULL AND state <> 'closed';

-- gendan_customer_called names a customer to those who work on its ticket without seeing the customer itself.
-- +goose StatementBegin
CREATE FUNCTION gendan_customer_called(customer bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT c.name FROM customers c WHERE c.id = customer AND gendan_scope() <> '' $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_customer_called FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_customer_called TO gendan_app;

ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY tickets_seen ON tickets
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = gendan_actor()
        OR created_by = gendan_actor()
        OR gendan_actor() = ANY (watchers)
        OR (gendan_scope() = 'team' AND team_id = ANY (gendan_teams()))
        OR EXISTS (SELECT FROM customers c WHERE c.id = tickets.customer_id));
GRANT SELECT, INSERT, UPDATE ON tickets TO gendan_app;

-- An entry says who said what to whom. Its words never change; taking it back marks it deleted.
CREATE TABLE ticket_entries (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    ticket_id  bigint NOT NULL REFERENCES tickets,
    at         timestamptz NOT NULL,
    user_id    bigint REFERENCES users,              -- null: the customer, or the service itself
    side       text NOT NULL CHECK (side IN ('customer', 'reply', 'note', 'change')),
    content    bytea,
    door       text NOT NULL DEFAULT '',             -- of a reply: the platform by which it went to the customer; '' when it did not
    key        text COLLATE "C" NOT NULL DEFAULT '', -- of what was heard: the same key is one entry
    version    integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX ticket_entries_ticket ON ticket_entries (ticket_id, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX ticket_entries_key ON ticket_entries (key) WHERE key <> '';

ALTER TABLE ticket_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY ticket_entries_seen ON ticket_entries
    USING ((SELECT gendan_scope()) IN ('all', 'system') OR EXISTS (SELECT FROM tickets t WHERE t.id = ticket_entries.ticket_id));
REVOKE ALL ON ticket_entries FROM gendan_app;
GRANT SELECT, INSERT ON ticket_entries TO gendan_app;
GRANT UPDATE (version, updated_at, deleted_at) ON ticket_entries TO gendan_app;

-- A department's part of a ticket is a task; whoever sees the ticket sees how far it is.
ALTER TABLE tasks ADD COLUMN ticket_id bigint REFERENCES tickets;
CREATE INDEX tasks_ticket ON tasks (ticket_id) WHERE ticket_id IS NOT NULL AND deleted_at IS NULL;
ALTER POLICY tasks_seen ON tasks
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR user_id = gendan_actor()
        OR created_by = gendan_actor()
        OR (gendan_scope() = 'team' AND EXISTS (
            SELECT FROM users u WHERE u.id = tasks.user_id AND u.team_id = ANY (gendan_teams())))
        OR (ticket_id IS NOT NULL AND EXISTS (SELECT FROM tickets t WHERE t.id = tasks.ticket_id)));

-- The kinds of records that gendan_versions knows, so that a new kind is a row here and not a new function. named is an
-- expression over r, the record.
CREATE TABLE record_kinds (
    kind    text PRIMARY KEY,
    records regclass NOT NULL,
    named   text NOT NULL
);
ALTER TABLE record_kinds ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON record_kinds FROM gendan_app;
INSERT INTO record_kinds VALUES
    ('customer', 'customers', 'r.name'), ('contact', 'contacts', 'r.name'), ('deal', 'deals', 'r.title'),
    ('lead', 'leads', $$concat_ws(' ', nullif(r.company, ''), nullif(r.contact, ''))$$),
    ('activity', 'activities', $$'#' || r.id$$), ('reminder', 'reminders', $$'#' || r.id$$), ('task', 'tasks', $$'#' || r.id$$),
    ('ticket', 'tickets', $$'#' || r.id$$), ('entry', 'ticket_entries', $$'#' || r.ticket_id$$);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_versions(numbers bigint[])
RETURNS TABLE (kind text, id bigint, version integer, known_as text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    k record;
BEGIN
    IF gendan_scope() = '' THEN
        RETURN;
    END IF;
    FOR k IN SELECT * FROM record_kinds LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, r.id, r.version, (%s)::text FROM %s r WHERE r.id = ANY ($1) AND r.deleted_at IS NULL', k.kind, k.named, k.records)
            USING numbers;
    END LOOP;
END $$;
-- +goose StatementEnd
