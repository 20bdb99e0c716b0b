-- +goose Up
-- Who changed what, for ever: lines are added, never changed, and sealed in batches into a chain.
CREATE SEQUENCE audit_ids;

CREATE TABLE audit (
	id bigint NOT NULL DEFAULT nextval('audit_ids'),
	at timestamptz NOT NULL,
	xid xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- orders the chain: final once no older transaction runs
	actor_id bigint NOT NULL,                        -- 0 is the service itself
	actor text NOT NULL,
	action text NOT NULL,
	via text NOT NULL,
	kind text NOT NULL,
	record_id bigint NOT NULL,
	key text NOT NULL,
	diff bytea,                                      -- sealed
	PRIMARY KEY (xid, id, at)                        -- in the chain's order
) PARTITION BY RANGE (at);
CREATE INDEX audit_record ON audit (record_id, id);

-- A link of the chain covers the lines after the previous link up to (xid, id), in that order.
CREATE TABLE audit_seals (
	seq bigint PRIMARY KEY,
	xid xid8 NOT NULL,
	id bigint NOT NULL,
	above bigint NOT NULL DEFAULT 0,                 -- only lines with a higher id: set when a restored database counts its transactions anew
	lines int NOT NULL,
	hash bytea NOT NULL,                             -- keyed, over the previous hash and the lines
	sealed_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY;
CREATE POLICY written ON audit FOR INSERT WITH CHECK (
	(SELECT gendan_scope()) <> '' AND (actor_id = (SELECT gendan_actor()) OR (SELECT gendan_scope()) = 'system'));
CREATE POLICY own ON audit FOR SELECT USING ((SELECT gendan_scope()) IN ('system', 'all')
	OR ((SELECT gendan_scope()) <> '' AND actor_id = (SELECT gendan_actor())));
CREATE POLICY service ON audit_seals FOR SELECT USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY sealed ON audit_seals FOR INSERT WITH CHECK ((SELECT gendan_scope()) = 'system');

REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_seals FROM gendan_app;

-- The right is missing for the application; the trigger stops the owner's slips, too.
-- +goose StatementBegin
CREATE FUNCTION gendan_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION gendan_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_seals FOR EACH ROW EXECUTE FUNCTION gendan_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION gendan_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION gendan_append_only();
