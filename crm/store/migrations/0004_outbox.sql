-- +goose Up
-- What goes out is written down first, in the transaction that has the reason for it.
CREATE SEQUENCE outbox_ids;

CREATE TABLE outbox_keys (
	key text PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON outbox_keys USING brin (created_at);

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
CREATE INDEX outbox_lane ON outbox (platform, lane, id) WHERE state = 0;
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
