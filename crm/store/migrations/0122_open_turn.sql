-- A turn learns as it opens whether an answer may go at once: when nothing else waits to be said to the speaker. Then it draws the
-- answer's number, and the process that commits it sends it itself, with a lease that is written together with the answer; nobody
-- has to claim it. What processes of the version before use stays.

-- +goose Up
-- gendan_turn with that, for answers that leave in lane line; clock is the service's. Its row (id 0) has the transaction's time in
-- received_at; those of messages have the answer's number, 0 when the line is taken. Whether it is is looked at behind the lock,
-- with what was committed during the wait for it.
-- +goose StatementBegin
CREATE FUNCTION gendan_open_turn(actor bigint, scope text, teams text, conv text, most int, line text, clock timestamptz)
RETURNS TABLE (id bigint, received_at timestamptz, platform text, message_id text, peer text, sent_at timestamptz, user_id bigint, payload bytea, answer bigint)
LANGUAGE plpgsql ROWS 2 SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM set_config('gendan.actor', actor::text, true), set_config('gendan.scope', scope, true),
		set_config('gendan.teams', teams, true), set_config('gendan.conversation', conv, true);
	IF scope = '' OR conv = '' THEN
		RETURN;
	END IF;
	SELECT now(), c.user_id, c.state INTO received_at, user_id, payload FROM conversations c WHERE c.id = conv FOR UPDATE;
	IF NOT FOUND THEN
		INSERT INTO conversations AS c (id) VALUES (conv) ON CONFLICT DO NOTHING;
		SELECT now(), c.user_id, c.state INTO received_at, user_id, payload FROM conversations c WHERE c.id = conv FOR UPDATE;
	END IF;
	id := 0;
	RETURN NEXT;
	RETURN QUERY
		SELECT i.id, i.received_at, i.platform, i.message_id, i.peer, i.sent_at, 0::bigint, i.payload,
			CASE WHEN line = '' OR EXISTS (
				SELECT FROM outbox o
				WHERE o.lane = line AND o.state = 0 AND o.not_before <= clock
					AND o.created_at BETWEEN now() - interval '31 days' AND now() + interval '1 minute')
			THEN 0 ELSE nextval('outbox_ids') END
		FROM inbox i
		WHERE i.conversation = conv AND i.done_at IS NULL
			AND i.received_at BETWEEN now() - interval '31 days' AND now() + interval '1 minute'
		ORDER BY i.id
		LIMIT most;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_open_turn FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_open_turn TO gendan_app;
