-- What became of each promise of service (服务级别): whether the first answer, the next one or the solution came in time. A
-- row is written when a promise ends, or when its deadline passes; counted is the moment it counts at in reports.

-- +goose Up
CREATE TABLE promises (
    ticket_id bigint NOT NULL REFERENCES tickets,
    clock     text NOT NULL CHECK (clock IN ('first', 'next', 'solve')),
    due       timestamptz NOT NULL,
    ended_at  timestamptz,                    -- null: passed, and still not done
    kept      boolean NOT NULL,
    counted   timestamptz GENERATED ALWAYS AS (CASE WHEN kept THEN ended_at ELSE due END) STORED,
    sla       text NOT NULL,                  -- the rule's name
    kind      text NOT NULL,
    priority  text NOT NULL,
    owner_id  bigint REFERENCES users,        -- who handled the ticket then; null: nobody had taken it
    team_id   bigint REFERENCES teams,
    PRIMARY KEY (ticket_id, clock, due),
    CHECK (ended_at IS NOT NULL OR NOT kept)
);
CREATE INDEX promises_counted ON promises (counted);
CREATE INDEX promises_owner ON promises (owner_id, counted);

ALTER TABLE promises ENABLE ROW LEVEL SECURITY;
CREATE POLICY promises_seen ON promises FOR SELECT
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = gendan_actor()
        OR (gendan_scope() = 'team' AND team_id = ANY (gendan_teams())));
REVOKE ALL ON promises FROM gendan_app;
GRANT SELECT ON promises TO gendan_app;

-- gendan_promise_ended writes down how a promise ended. Whoever answers a ticket may end one that was another's before, so
-- it does not ask who sees the row. What passed its deadline stays broken; it only learns when it was done after all.
-- +goose StatementBegin
CREATE FUNCTION gendan_promise_ended(ticket bigint, which text, deadline timestamptz, at timestamptz, in_time boolean) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO promises AS p (ticket_id, clock, due, ended_at, kept, sla, kind, priority, owner_id, team_id)
    SELECT t.id, which, deadline, at, in_time, t.sla, t.kind, t.priority, t.owner_id, t.team_id
    FROM tickets t
    WHERE t.id = ticket AND gendan_scope() <> ''
    ON CONFLICT (ticket_id, clock, due) DO UPDATE SET ended_at = excluded.ended_at WHERE NOT p.kept AND p.ended_at IS NULL
$$;

-- gendan_promise_runs forgets that a promise was kept: what had kept it was taken back.
CREATE FUNCTION gendan_promise_runs(ticket bigint, which text, deadline timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM promises WHERE ticket_id = ticket AND clock = which AND due = deadline AND kept AND gendan_scope() <> '';
    UPDATE promises SET ended_at = NULL WHERE ticket_id = ticket AND clock = which AND due = deadline AND NOT kept AND gendan_scope() <> ''
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_promise_ended, gendan_promise_runs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_promise_ended, gendan_promise_runs TO gendan_app;

-- The company's own rules of service stand in settings, which the service itself writes.
GRANT INSERT, UPDATE ON settings TO gendan_app;
