-- +goose Up
-- What comes in is written down first. A message is heard once: inbox_keys holds the platform and message
-- id (hashed) of each, outside the partitions, so that a repeat after midnight of the last day finds it too.
CREATE SEQUENCE inbox_ids;

CREATE TABLE inbox_keys (
	key uuid PRIMARY KEY,
	id bigint NOT NULL,
	received_at timestamptz NOT NULL
);

CREATE TABLE inbox (
	id bigint NOT NULL DEFAULT nextval('inbox_ids'),
	received_at timestamptz NOT NULL DEFAULT now(),
	platform text NOT NULL,
	message_id text NOT NULL,
	conversation text NOT NULL,
	peer text NOT NULL,
	sent_at timestamptz NOT NULL,
	payload bytea NOT NULL,                        -- sealed chat.Message
	done_at timestamptz,
	PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX inbox_open ON inbox (conversation, id) WHERE done_at IS NULL;

CREATE TABLE conversations (
	id text PRIMARY KEY,
	user_id bigint NOT NULL DEFAULT 0,
	state bytea,                                   -- sealed
	updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

ALTER TABLE inbox_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;

-- A turn runs as the person who speaks and sees the chat it happens in, no other.
CREATE POLICY service ON inbox_keys USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY service ON inbox USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY heard ON inbox FOR SELECT USING (conversation = (SELECT gendan_conversation()) AND (SELECT gendan_scope()) <> '');
CREATE POLICY answered ON inbox FOR UPDATE USING (conversation = (SELECT gendan_conversation()) AND (SELECT gendan_scope()) <> '');
CREATE POLICY service ON conversations USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY turn ON conversations USING (id = (SELECT gendan_conversation()) AND (SELECT gendan_scope()) <> '');

-- Locks the conversation, making it if need be, and answers its row (id 0) and then its first unanswered
-- messages, oldest first. It is a function because each statement in it sees what was committed while
-- the one before it waited: a single statement would read the messages as they were before the wait, and
-- answer again what the holder of the lock has just answered.
-- +goose StatementBegin
CREATE FUNCTION gendan_turn(conv text, most int)
RETURNS TABLE (id bigint, received_at timestamptz, platform text, message_id text, peer text, sent_at timestamptz, user_id bigint, payload bytea)
LANGUAGE plpgsql AS $$
BEGIN
	SELECT c.user_id, c.state INTO user_id, payload FROM conversations c WHERE c.id = conv FOR UPDATE;
	IF NOT FOUND THEN
		INSERT INTO conversations AS c (id) VALUES (conv) ON CONFLICT DO NOTHING;
		SELECT c.user_id, c.state INTO user_id, payload FROM conversations c WHERE c.id = conv FOR UPDATE;
	END IF;
	id := 0;
	RETURN NEXT;
	RETURN QUERY
		SELECT i.id, i.received_at, i.platform, i.message_id, i.peer, i.sent_at, 0::bigint, i.payload
		FROM inbox i
		WHERE i.conversation = conv AND i.done_at IS NULL
		ORDER BY i.id
		LIMIT most;
END $$;
-- +goose StatementEnd
