-- +goose Up
-- gendan_leave writes the ledger of an ordinary turn: at most one row of each part. A part whose first argument is NULL is
-- left out. It exists so that the ledger and the commit go in one message, without a plan to be made: a message of
-- several statements cannot be prepared, but what a function does is. It runs under the policies of who calls it. It
-- answers the timer that was set, if any.
-- +goose StatementBegin
CREATE FUNCTION gendan_leave(
	clock timestamptz, me bigint, conv text,
	mind bytea, mind_user bigint,
	heard_id bigint, heard_at timestamptz,
	out_platform text, out_lane text, out_peer text, out_kind text, out_subject bigint, out_key text, out_payload bytea,
	audit_action text, my_name text, via text, audit_kind text, audit_record bigint, audit_key text, audit_diff bytea,
	act_id bigint, act_customer bigint, act_deal bigint, act_contact bigint, act_type text, act_channel text, act_content bytea,
	act_at timestamptz, act_next_at timestamptz, act_next bytea,
	event_name text, event_kind text, event_record bigint, event_data bytea,
	undo_code text, undo_conv text, undo_title bytea, undo_steps bytea, undo_card text, undo_expires timestamptz, undo_told bytea,
	timer_kind text, timer_subject bigint, timer_due timestamptz, timer_dedupe text, timer_surface text, timer_peer text,
	OUT timer bigint, OUT due timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
	IF audit_action IS NOT NULL THEN
		INSERT INTO audit (at, actor_id, actor, action, via, kind, record_id, key, diff)
		VALUES (clock, me, my_name, audit_action, via, audit_kind, audit_record, audit_key, audit_diff);
	END IF;
	IF act_id IS NOT NULL THEN
		INSERT INTO activities (id, customer_id, deal_id, contact_id, user_id, type, channel, content, at, next_at, next)
		VALUES (coalesce(nullif(act_id, 0), nextval('record_numbers')), act_customer, nullif(act_deal, 0), nullif(act_contact, 0), me,
			act_type, act_channel, act_content, act_at, act_next_at, act_next);
	END IF;
	IF timer_kind IS NOT NULL THEN
		INSERT INTO timers AS t (kind, subject, due, dedupe, surface, peer)
		VALUES (timer_kind, timer_subject, timer_due, timer_dedupe, timer_surface, timer_peer)
		ON CONFLICT (dedupe) DO UPDATE
		SET state = 0, closed_at = NULL, due = excluded.due, surface = excluded.surface, peer = excluded.peer
		WHERE t.state <> 1
		RETURNING t.id, t.due INTO timer, due;
	END IF;
	IF out_platform IS NOT NULL THEN
		INSERT INTO outbox (platform, lane, peer, kind, subject, key, payload)
		VALUES (out_platform, out_lane, out_peer, out_kind, out_subject, out_key, out_payload);
	END IF;
	IF event_name IS NOT NULL THEN
		INSERT INTO events (at, actor_id, name, kind, record_id, data) VALUES (clock, me, event_name, event_kind, event_record, event_data);
	END IF;
	IF undo_code IS NOT NULL THEN
		INSERT INTO undo (user_id, code, conversation, title, steps, card, created_at, expires_at, told)
		VALUES (me, undo_code, undo_conv, undo_title, undo_steps, undo_card, clock, undo_expires, undo_told);
	END IF;
	IF heard_id IS NOT NULL THEN
		UPDATE inbox i SET done_at = now() WHERE i.id = heard_id AND i.received_at = heard_at;
	END IF;
	IF mind_user IS NOT NULL THEN
		UPDATE conversations c SET user_id = mind_user, state = mind, updated_at = now() WHERE c.id = conv;
	END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_leave FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_leave TO gendan_app;
