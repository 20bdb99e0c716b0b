-- Customers who are contacts of colleagues (WeCom's 客户联系): guests of the platform 'contact', one for each colleague who has
-- them. What colleagues wrote down and the person's id across doors are sealed; the latter has a blind index, by which the same
-- person is known at another door. Messages to them are tasks that wait for the colleague's tap.

-- +goose Up
ALTER TABLE guests
    ADD COLUMN owner_id   bigint REFERENCES users,       -- the colleague who has this contact
    ADD COLUMN owner_peer text NOT NULL DEFAULT '',      -- and as the platform calls them, whether we know them or not
    ADD COLUMN union_key  bytea,                         -- blind index of union_id
    ADD COLUMN remark     bytea,                         -- sealed: name and company that the colleague wrote down
    ADD COLUMN source     text NOT NULL DEFAULT '',      -- how they came: a channels account, a code, in Chinese
    ADD COLUMN since      timestamptz,                   -- contact since
    ADD COLUMN seen_at    timestamptz,                   -- last seen in the platform's list
    ADD COLUMN refused_at timestamptz;                   -- since when refuses is so
CREATE INDEX guests_union ON guests (union_key) WHERE union_key IS NOT NULL;
CREATE INDEX guests_owner ON guests (owner_peer, seen_at) WHERE platform = 'contact' AND NOT refuses;
ALTER POLICY guests_seen ON guests
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = (SELECT gendan_actor())
        OR EXISTS (SELECT FROM customers c WHERE c.id = guests.customer_id)
        OR EXISTS (SELECT FROM tickets t WHERE t.guest_id = guests.id));

CREATE TABLE contact_tasks (
    key         text COLLATE "C" PRIMARY KEY,            -- of the reply that became the task
    peer        text NOT NULL,                           -- of the contact
    message     text NOT NULL DEFAULT '',                -- the platform's number; '' while it is being made
    begun_at    timestamptz NOT NULL,
    stop        boolean NOT NULL DEFAULT false,
    reminded_at timestamptz,
    look_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text NOT NULL DEFAULT ''                 -- chat.ContactLook.End
);
CREATE UNIQUE INDEX contact_tasks_message ON contact_tasks (message) WHERE message <> '';
CREATE INDEX contact_tasks_due ON contact_tasks (look_at) WHERE ended_at IS NULL AND message <> '';
ALTER TABLE contact_tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON contact_tasks USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, INSERT, UPDATE ON contact_tasks TO gendan_app;

-- gendan_stop_contact_tasks marks tasks that must not reach their customer any more. Whoever may stop an offer may do it; a task
-- that ended stays as it ended, and one that was not begun will not be.
-- +goose StatementBegin
CREATE FUNCTION gendan_stop_contact_tasks(keys text[], at timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH stopped AS (
        INSERT INTO contact_tasks AS t (key, peer, begun_at, look_at, stop)
        SELECT k, '', at, at, true FROM unnest(keys) AS k
        WHERE gendan_scope() = 'system' OR gendan_actor() <> 0
        ON CONFLICT (key) DO UPDATE SET stop = true, look_at = least(t.look_at, excluded.look_at) WHERE t.ended_at IS NULL
        RETURNING 1)
    SELECT count(*) FROM stopped
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_stop_contact_tasks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_stop_contact_tasks TO gendan_app;

-- When all contacts were read; one row.
CREATE TABLE contact_syncs (
    id      smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    done_at timestamptz,
    asked   boolean NOT NULL DEFAULT false               -- to be read again at once
);
INSERT INTO contact_syncs DEFAULT VALUES;
ALTER TABLE contact_syncs ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON contact_syncs USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, UPDATE ON contact_syncs TO gendan_app;
