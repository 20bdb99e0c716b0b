-- What only grows and serves for a time is swept by age: each table says here for how long its rows are of use. What belongs to a
-- customer's file, to money or to the audit trail is kept and not in this list. Rows go in batches, each a transaction of its own,
-- so that nobody waits for a night's sweep; tables that are partitioned by month lose whole months.

-- +goose Up
CREATE TABLE swept_tables (
    name     text PRIMARY KEY,
    nr       integer NOT NULL,             -- in this order: what points at others goes first
    kept     interval NOT NULL,
    over     text NOT NULL,                -- a condition on a row r that it is of no use since before $1, the beginning of what is kept
    monthly  boolean NOT NULL DEFAULT false -- its partitions are dropped; over is for the one that takes what lies outside
);
ALTER TABLE swept_tables ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON swept_tables FOR SELECT USING (gendan_scope() = 'system');
GRANT SELECT ON swept_tables TO gendan_app;
INSERT INTO swept_tables (name, nr, kept, over, monthly) VALUES
    -- what recognises repeats
    ('inbox_keys', 1, '60 days', 'r.received_at < $1', false), ('outbox_keys', 2, '60 days', 'r.created_at < $1', false),
    ('receipts', 3, '60 days', 'r.created_at < $1', false), ('undo', 4, '60 days', 'r.created_at < $1', false),
    ('timers', 5, '60 days', 'r.state <> 0 AND r.closed_at < $1', false),
    ('contact_tasks', 6, '90 days', $$r.ended_at < $1 OR r.ended_at IS NULL AND r.message = '' AND r.begun_at < $1$$, false),
    ('sms_receipts', 7, '90 days', 'r.at < $1', false), ('sms_days', 8, '3 days', 'r.day < $1::date', false),
    ('kf_codes', 9, '3 days', 'r.created_at < $1', false),
    ('offer_bundle_members', 10, '90 days', 'EXISTS (SELECT FROM offer_bundles b WHERE b.id = r.bundle_id AND b.made_at < $1)', false),
    ('offer_bundles', 11, '90 days', 'r.made_at < $1 AND NOT EXISTS (SELECT FROM offer_bundle_members m WHERE m.bundle_id = r.id)', false),
    ('customer_merges', 12, '90 days', 'r.at < $1', false), -- longer than anything can be taken back
    ('processes', 13, '7 days', 'r.seen_at < $1', false),
    -- what leads back to something
    ('ticket_cards', 20, '180 days', 'r.shown_at < $1', false), ('ticket_links', 21, '0', 'r.expires_at < $1', false),
    ('mail_messages', 22, '2 years', 'r.at < $1', false), ('api_tokens', 23, '400 days', 'r.revoked_at < $1', false),
    ('campaign_clicks', 24, '2 years', 'r.at < $1', false),
    ('campaign_links', 25, '2 years', 'r.customer_id IS NOT NULL AND r.created_at < $1 AND NOT EXISTS (SELECT FROM campaign_clicks k WHERE k.link_id = r.id)', false),
    -- what was once so
    ('rfm_log', 30, '2 years', 'r.at < $1', false), ('customer_health_log', 31, '2 years', 'r.at < $1', false),
    ('rule_days', 32, '400 days', 'r.day < $1::date', false),
    ('rule_firings', 33, '400 days', $$r.state <> 'done' AND r.at < $1$$, false),
    -- by the month
    ('inbox', 40, '400 days', 'r.received_at < $1', true), ('outbox', 41, '400 days', 'r.created_at < $1', true),
    ('messages', 42, '400 days', 'r.sent_at < $1', true), ('events', 43, '400 days', 'r.at < $1', true);

-- By age, where every write does not pay for it.
CREATE INDEX contact_tasks_ended ON contact_tasks (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sms_receipts_at ON sms_receipts (at);
CREATE INDEX mail_messages_at ON mail_messages (at);

-- gendan_sweep drops up to most rows of a table that are of no use any more; it tells how many, -1 when another process is at it.
-- +goose StatementBegin
CREATE FUNCTION gendan_sweep(swept text, now timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    t swept_tables;
    n bigint;
BEGIN
    SELECT * INTO t FROM swept_tables s WHERE s.name = swept;
    IF NOT FOUND OR gendan_scope() <> 'system' OR NOT pg_try_advisory_xact_lock(hashtext('gendan_sweep')) THEN
        RETURN -1;
    END IF;
    IF to_regclass(t.name) IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('DELETE FROM %I WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM %1$I r WHERE %s LIMIT %s))',
        CASE WHEN t.monthly THEN t.name || '_other' ELSE t.name END, t.over, most) USING gendan_sweep.now - t.kept;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
-- +goose StatementEnd

-- gendan_drop_months drops one month of a table that is older than what is kept of it; it tells which, '' when there is none. It
-- gives way to whoever uses the table.
-- +goose StatementBegin
CREATE FUNCTION gendan_drop_months(swept text, now timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    t    swept_tables;
    part text;
BEGIN
    SELECT * INTO t FROM swept_tables s WHERE s.name = swept AND s.monthly;
    IF NOT FOUND OR gendan_scope() <> 'system' THEN
        RETURN '';
    END IF;
    SELECT c.relname INTO part FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(t.name) AND c.relname ~ ('^' || t.name || '_[0-9]{6}$')
        AND (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month') AT TIME ZONE 'UTC' <= gendan_drop_months.now - t.kept
    ORDER BY c.relname LIMIT 1;
    IF part IS NULL THEN
        RETURN '';
    END IF;
    EXECUTE format('DROP TABLE %I', part);
    RETURN part;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_sweep, gendan_drop_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_sweep, gendan_drop_months TO gendan_app;
