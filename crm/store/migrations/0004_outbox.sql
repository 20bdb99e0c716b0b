-- +goose Up
-- What goes out is written down first, in the transaction that has the reason for it.
CREATE SEQUENCE outbox_ids;

CREATE TABLE outbox_keys (
	key text PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE outbox (
	id bigint NOT NULL DEFAULT nextval('outbox_ids'),
	created_at timestamptz NOT NULL DEFAULT now(),
	platform text NOT NULL,
	lane text NOT NULL,
	peer text NOT NULL,
	kind text NOT NULL,
	subject bigint NOT NULL DEFAULT 0,
	key text NOT NULL DEFAULT '',
	payload bytea,                                        -- sealed chat.Reply; NULL is rendered when sent
	not_before timestamptz NOT NULL DEFAULT '-infinity',  -- by the service's clock
	free_at timestamptz NOT NULL DEFAULT '-infinity',     -- end of a lease or of a wait, by the database's clock
	state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- 0 open, 1 sent, 2 dead
	attempts int NOT NULL DEFAULT 0,
	code text NOT NULL DEFAULT '',
	advice text NOT NULL DEFAULT '',
	message_id text NOT NULL DEFAULT '',
	closed_at timestamptz,
	PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX outbox_open ON outbox (platform, id) WHERE state = 0;
CREATE INDEX outbox_lane ON outbox (lane, id) WHERE state = 0;
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 2;

-- What we said, by the platform's id of it, so that a person can quote it.
CREATE TABLE messages (
	platform text NOT NULL,
	message_id text NOT NULL,
	sent_at timestamptz NOT NULL DEFAULT now(),
	conversation text NOT NULL,
	text bytea NOT NULL,                                  -- sealed
	PRIMARY KEY (platform, message_id, sent_at)
) PARTITION BY RANGE (sent_at);

ALTER TABLE outbox_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;

CREATE POLICY acting ON outbox_keys USING ((SELECT gendan_scope()) <> '');
CREATE POLICY service ON outbox USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY acting ON outbox FOR INSERT WITH CHECK ((SELECT gendan_scope()) <> '');
CREATE POLICY service ON messages USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY heard ON messages FOR SELECT USING (conversation = (SELECT gendan_conversation()) AND (SELECT gendan_scope()) <> '');

-- Leases the first open row of each lane to a sender, oldest lanes first, at most most of them. A row that is leased or
-- waits for its retry holds up its lane; one whose time (not_before) has not come does not. It walks the free rows in order,
-- looks once per lane whether an older row holds it up, and stops when it has enough: as one query the planner joins the
-- whole backlog with itself (250 ms instead of 3 at 20,000 rows). A concurrent sender may take a head between the two steps; then it is left out.
-- +goose StatementBegin
CREATE FUNCTION gendan_claim_outbox(platf text, clock timestamptz, most int, lease interval)
RETURNS TABLE (id bigint, created_at timestamptz, platform text, lane text, peer text, kind text, subject bigint, key text, payload bytea, attempts int)
LANGUAGE plpgsql AS $$
DECLARE
	r record;
	met jsonb := '{}';
	ids bigint[] := '{}';
	oldest timestamptz;
	newest timestamptz;
	soon timestamptz := now() + interval '1 minute'; -- with an upper bound the coming months' partitions are not visited
BEGIN
	FOR r IN
		SELECT o.id, o.created_at, o.lane
		FROM outbox o
		WHERE o.platform = platf AND o.state = 0 AND o.not_before <= clock AND o.free_at <= clock_timestamp()
		  AND o.created_at BETWEEN now() - interval '31 days' AND soon
		ORDER BY o.id
	LOOP
		CONTINUE WHEN met ? r.lane;
		met := met || jsonb_build_object(r.lane, 0);
		CONTINUE WHEN EXISTS (
			SELECT FROM outbox o
			WHERE o.lane = r.lane AND o.id < r.id AND o.platform || '' = platf -- "|| ''": by outbox_lane, never by outbox_open
			  AND o.state = 0 AND o.not_before <= clock
			  AND o.created_at BETWEEN now() - interval '31 days' AND soon);
		ids := ids || r.id;
		oldest := least(oldest, r.created_at);
		newest := greatest(newest, r.created_at);
		EXIT WHEN cardinality(ids) >= most;
	END LOOP;
	IF cardinality(ids) = 0 THEN
		RETURN;
	END IF;
	RETURN QUERY
		WITH head AS MATERIALIZED (
			SELECT o.id, o.created_at FROM outbox o
			WHERE o.id = ANY (ids) AND o.created_at BETWEEN oldest AND newest AND o.state + 0 = 0 AND o.free_at <= clock_timestamp()
			ORDER BY o.id
			FOR UPDATE SKIP LOCKED
		)
		UPDATE outbox o
		SET free_at = clock_timestamp() + lease, attempts = o.attempts + 1
		FROM head h
		WHERE o.id = h.id AND o.created_at = h.created_at AND o.created_at BETWEEN oldest AND newest
		RETURNING o.id, o.created_at, o.platform, o.lane, o.peer, o.kind, o.subject, o.key, o.payload, o.attempts - 1;
END $$;
-- +goose StatementEnd
