-- Journeys (旅程): what happens to customers step by step over weeks. What a journey does is a plan, kept by number: people
-- finish on the one that they began. A customer is in a journey once at a time. Those who are on the way are found by when
-- their next step is due, journey by journey, so that a million of them cost what is due and no more, and a journey that is
-- paused costs nothing. Those held out stand among them and are only watched.

-- +goose Up
-- Journeys are called by name. Their numbers come from below the records', so that the pack's take none of those that people say.
CREATE SEQUENCE journey_numbers MAXVALUE 1000;
CREATE TABLE journeys (
    id         bigint PRIMARY KEY DEFAULT nextval('journey_numbers'),
    name       text NOT NULL CHECK (name <> ''),
    state      text NOT NULL CHECK (state IN ('off', 'on', 'paused')),
    auto       boolean NOT NULL,               -- customers enter by themselves as its plan says
    plan       integer NOT NULL,               -- the newest plan's number, on which people enter
    owner_id   bigint REFERENCES users,        -- who switched it on: in whose name things happen
    version    integer NOT NULL DEFAULT 1,
    created_by bigint REFERENCES users,        -- null: the pack
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX journeys_name ON journeys (name) WHERE deleted_at IS NULL;

CREATE TABLE journey_plans (
    journey_id bigint NOT NULL REFERENCES journeys,
    number     integer NOT NULL,
    plan       jsonb NOT NULL,
    made_by    bigint REFERENCES users,
    made_at    timestamptz NOT NULL,
    PRIMARY KEY (journey_id, number)
);

-- A start by hand: who entered through it leaves when it is taken back.
CREATE TABLE journey_starts (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    journey_id bigint NOT NULL REFERENCES journeys,
    filter     jsonb,
    turned_on  boolean NOT NULL,               -- the journey was off before it, or did not let customers in by themselves
    version    integer NOT NULL DEFAULT 1,
    created_by bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);

CREATE TABLE journey_people (
    journey_id  bigint NOT NULL REFERENCES journeys,
    customer_id bigint NOT NULL REFERENCES customers,
    entry       integer NOT NULL,              -- 1 the first time
    plan        integer NOT NULL,
    step        smallint NOT NULL,             -- the next one, from 0
    state       text NOT NULL CHECK (state IN ('active', 'control', 'goal', 'done', 'left')),
    due         timestamptz NOT NULL,          -- of the next step
    entered_at  timestamptz NOT NULL,
    until       timestamptz NOT NULL,          -- an order up to here reaches the goal
    control     boolean NOT NULL,              -- drawn into the hold-out group, whatever the state becomes
    start_id    bigint REFERENCES journey_starts,
    held        smallint NOT NULL DEFAULT 0,   -- how often a step had to wait for a ticket to be closed
    waiting     boolean NOT NULL DEFAULT false, -- the step is a wait that has begun
    did         text[] NOT NULL DEFAULT '{}',  -- what they did in answer, as far as it was heard: clicked, replied, opened
    reason      text NOT NULL DEFAULT '',
    ended_at    timestamptz,
    PRIMARY KEY (journey_id, customer_id, entry)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX journey_people_once ON journey_people (customer_id, journey_id) WHERE state = 'active';
CREATE INDEX journey_people_due ON journey_people (journey_id, due) WHERE state = 'active';
CREATE INDEX journey_people_entered ON journey_people (journey_id, entered_at);
CREATE INDEX journey_people_start ON journey_people (start_id) WHERE start_id IS NOT NULL;

-- How many have come past each step, kept by the runs that take them.
CREATE TABLE journey_steps (
    journey_id bigint NOT NULL REFERENCES journeys,
    plan       integer NOT NULL,
    step       smallint NOT NULL,
    took       bigint NOT NULL,
    PRIMARY KEY (journey_id, plan, step)
);

ALTER TABLE journeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE journey_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE journey_starts ENABLE ROW LEVEL SECURITY;
ALTER TABLE journey_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE journey_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY known ON journeys USING ((SELECT gendan_scope()) <> '');
CREATE POLICY known ON journey_plans USING ((SELECT gendan_scope()) <> '');
CREATE POLICY known ON journey_steps USING ((SELECT gendan_scope()) <> '');
CREATE POLICY acting ON journey_starts USING ((SELECT gendan_scope()) IN ('all', 'system') OR created_by = (SELECT gendan_actor()));
CREATE POLICY journey_people_seen ON journey_people
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = journey_people.customer_id));
GRANT SELECT, INSERT, UPDATE ON journeys, journey_starts, journey_people, journey_steps TO gendan_app;
GRANT SELECT, INSERT ON journey_plans TO gendan_app;

INSERT INTO record_kinds VALUES ('journey', 'journeys', 'r.name'), ('journey_start', 'journey_starts', $$'#' || r.id$$);
