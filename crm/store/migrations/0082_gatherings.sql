-- Occasions to which customers are invited (活动; "events" are what rules listen to). Whoever signs a customer up locks the
-- gathering's row first, so that no two take the last place; how many places are taken is told to everybody, by whom not.

-- +goose Up
CREATE TABLE gatherings (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    name       text NOT NULL CHECK (name <> ''),
    starts_at  timestamptz,
    place      text NOT NULL DEFAULT '',
    capacity   integer NOT NULL DEFAULT 0 CHECK (capacity >= 0), -- people; 0 is any number
    version    integer NOT NULL DEFAULT 1,
    created_by bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX gatherings_starts ON gatherings (starts_at) WHERE deleted_at IS NULL;
ALTER TABLE gatherings ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON gatherings USING (gendan_scope() <> '');
GRANT SELECT, INSERT, UPDATE ON gatherings TO gendan_app;

CREATE TABLE signups (
    id           bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    gathering_id bigint NOT NULL REFERENCES gatherings,
    customer_id  bigint NOT NULL REFERENCES customers,
    contact      text NOT NULL DEFAULT '',
    count        integer NOT NULL DEFAULT 1 CHECK (count > 0),
    state        text NOT NULL CHECK (state IN ('in', 'waiting')),
    came_at      timestamptz,
    version      integer NOT NULL DEFAULT 1,
    created_by   bigint NOT NULL REFERENCES users,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz
);
CREATE UNIQUE INDEX signups_once ON signups (gathering_id, customer_id) WHERE deleted_at IS NULL;
CREATE INDEX signups_customer ON signups (customer_id) WHERE deleted_at IS NULL;
ALTER TABLE signups ENABLE ROW LEVEL SECURITY;
CREATE POLICY signups_seen ON signups
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = signups.customer_id));
GRANT SELECT, INSERT, UPDATE ON signups TO gendan_app;

INSERT INTO record_kinds VALUES ('gathering', 'gatherings', 'r.name'), ('signup', 'signups', $$'#' || r.id$$);

-- gendan_places counts who comes to gatherings, whosever customers they are.
-- +goose StatementBegin
CREATE FUNCTION gendan_places(gatherings bigint[]) RETURNS TABLE (id bigint, taken bigint, waiting bigint, came bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT s.gathering_id, coalesce(sum(s.count) FILTER (WHERE s.state = 'in'), 0), coalesce(sum(s.count) FILTER (WHERE s.state = 'waiting'), 0),
        coalesce(sum(s.count) FILTER (WHERE s.came_at IS NOT NULL), 0)
    FROM signups s WHERE s.gathering_id = ANY (gatherings) AND s.deleted_at IS NULL AND gendan_scope() <> '' GROUP BY 1
$$;
-- +goose StatementEnd

-- gendan_move_up gives free places to those who wait, in the order of their numbers, as far as the next one fits, and tells
-- whom. The caller holds the gathering's row.
-- +goose StatementBegin
CREATE FUNCTION gendan_move_up(gathering bigint, now timestamptz) RETURNS TABLE (signup bigint, customer bigint, known_as text, told bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    places integer := (SELECT g.capacity FROM gatherings g WHERE g.id = gathering AND g.deleted_at IS NULL);
    taken  bigint := (SELECT coalesce(sum(s.count), 0) FROM signups s WHERE s.gathering_id = gathering AND s.deleted_at IS NULL AND s.state = 'in');
    w      record;
BEGIN
    IF gendan_scope() = '' OR places IS NULL THEN
        RETURN;
    END IF;
    FOR w IN SELECT s.id, s.customer_id, s.count, s.created_by, c.name FROM signups s JOIN customers c ON c.id = s.customer_id
        WHERE s.gathering_id = gathering AND s.deleted_at IS NULL AND s.state = 'waiting' ORDER BY s.id LOOP
        EXIT WHEN places > 0 AND taken + w.count > places;
        taken := taken + w.count;
        UPDATE signups s SET state = 'in', updated_at = now WHERE s.id = w.id;
        signup := w.id; customer := w.customer_id; known_as := w.name; told := w.created_by;
        RETURN NEXT;
    END LOOP;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_places, gendan_move_up FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_places, gendan_move_up TO gendan_app;
