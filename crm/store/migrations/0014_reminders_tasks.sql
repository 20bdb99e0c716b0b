-- Reminders ring for one person; tasks wait for one. Both are seen by whom they are for, by whom they are
-- from, and by those who see that person's team. What rings is in timers; this is what it is about.

-- +goose Up
CREATE TABLE reminders (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    user_id     bigint NOT NULL REFERENCES users,
    created_by  bigint NOT NULL REFERENCES users,
    customer_id bigint REFERENCES customers,
    contact_id  bigint REFERENCES contacts,
    content     bytea,
    at          timestamptz NOT NULL,
    first_at    timestamptz NOT NULL,
    repeat      text NOT NULL DEFAULT '' CHECK (repeat IN ('', 'daily', 'weekly', 'monthly', 'yearly', 'workdays')),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled')),
    done_at     timestamptz,
    next_id     bigint,
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX reminders_user ON reminders (user_id, at) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX reminders_next ON reminders (next_id) WHERE next_id IS NOT NULL;
CREATE INDEX reminders_customer ON reminders (customer_id, at) WHERE deleted_at IS NULL AND state = 'open';

ALTER TABLE reminders ENABLE ROW LEVEL SECURITY;
CREATE POLICY reminders_seen ON reminders
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR user_id = (SELECT gendan_actor())
        OR created_by = (SELECT gendan_actor())
        OR ((SELECT gendan_scope()) = 'team' AND EXISTS (
            SELECT FROM users u WHERE u.id = reminders.user_id AND u.team_id = ANY ((SELECT gendan_teams())::bigint[]))));
GRANT SELECT, INSERT, UPDATE ON reminders TO gendan_app;

CREATE TABLE tasks (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    user_id     bigint NOT NULL REFERENCES users,
    created_by  bigint NOT NULL REFERENCES users,
    customer_id bigint REFERENCES customers,
    content     bytea,
    due         date,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled')),
    done_at     timestamptz,
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX tasks_user ON tasks (user_id, due) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX tasks_customer ON tasks (customer_id) WHERE deleted_at IS NULL AND state = 'open';

ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY tasks_seen ON tasks
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR user_id = (SELECT gendan_actor())
        OR created_by = (SELECT gendan_actor())
        OR ((SELECT gendan_scope()) = 'team' AND EXISTS (
            SELECT FROM users u WHERE u.id = tasks.user_id AND u.team_id = ANY ((SELECT gendan_teams())::bigint[]))));
GRANT SELECT, INSERT, UPDATE ON tasks TO gendan_app;
