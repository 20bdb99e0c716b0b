-- Everything that hangs on a customer, by table, and how it moves to another one when two customers turn out to be one.
-- known_by is an expression that names a row of r. keep is a condition under which it stays where it is: the other customer ($2)
-- has its own, and two cannot be. What is computed from the rest (health, predictions) is left behind and computed anew.

-- +goose Up
CREATE TABLE merge_tables (
    name  text PRIMARY KEY,
    nr    integer NOT NULL,                 -- in this order
    known_by text NOT NULL DEFAULT 'r.id',
    keep  text NOT NULL DEFAULT 'false',
    label text NOT NULL DEFAULT ''          -- as people call the rows; '' is not told
);
ALTER TABLE merge_tables ENABLE ROW LEVEL SECURITY; -- functions only
INSERT INTO merge_tables (name, nr, known_by, keep, label) VALUES
    ('contacts', 1, 'r.id', 'false', '联系人'), ('leads', 2, 'r.id', 'false', '线索'), ('deals', 3, 'r.id', 'false', '商机'), ('orders', 4, 'r.id', 'false', '订单'),
    ('tickets', 5, 'r.id', 'false', '工单'), ('activities', 6, 'r.id', 'false', '跟进'), ('chat_records', 7, 'r.id', 'false', '聊天记录'),
    ('reminders', 8, 'r.id', 'false', '提醒'), ('tasks', 9, 'r.id', 'false', '任务'), ('devices', 10, 'r.id', 'false', '设备'),
    ('appointments', 11, 'r.id', 'false', '预约'), ('guests', 12, 'r.id', 'false', '微信客户'),
    ('surveys', 13, 'r.id', 'r.campaign_id IS NOT NULL AND EXISTS (SELECT FROM surveys o WHERE o.customer_id = $2 AND o.campaign_id = r.campaign_id)', ''),
    ('customer_identities', 14, $$r.kind || '/' || encode(r.key, 'hex')$$, 'false', ''), ('rfm_log', 15, 'r.nr', 'false', ''),
    ('coupons', 16, 'r.id', 'false', '优惠券'), ('offers', 17, 'r.id', 'false', '触达'),
    ('points_ledger', 20, 'r.id', 'EXISTS (SELECT FROM points_accounts o WHERE o.customer_id = $2)', ''),
    ('points_tiers', 21, 'r.id', 'EXISTS (SELECT FROM points_accounts o WHERE o.customer_id = $2)', ''),
    ('points_accounts', 22, 'r.customer_id', 'EXISTS (SELECT FROM points_accounts o WHERE o.customer_id = $2)', ''),
    ('signups', 27, 'r.id', 'r.deleted_at IS NULL AND EXISTS (SELECT FROM signups o WHERE o.customer_id = $2 AND o.gathering_id = r.gathering_id AND o.deleted_at IS NULL)', '报名'),
    ('consents', 23, $$r.purpose || '/' || r.channel$$, 'EXISTS (SELECT FROM consents o WHERE o.customer_id = $2 AND o.purpose = r.purpose AND o.channel = r.channel)', ''),
    ('reach_counts', 24, 'r.customer_id', 'EXISTS (SELECT FROM reach_counts o WHERE o.customer_id = $2)', ''),
    ('rule_firings', 25, 'r.id', 'EXISTS (SELECT FROM rule_firings o WHERE o.customer_id = $2 AND o.rule_id = r.rule_id AND o.edition = r.edition AND o.occasion = r.occasion)', ''),
    ('journey_people', 26, $$r.journey_id || '/' || r.entry$$, 'EXISTS (SELECT FROM journey_people o WHERE o.customer_id = $2 AND o.journey_id = r.journey_id)', '');

CREATE TABLE customer_merges (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_id   bigint NOT NULL REFERENCES customers,
    into_id   bigint NOT NULL REFERENCES customers,
    by        bigint REFERENCES users,
    at        timestamptz NOT NULL,
    moved     jsonb NOT NULL,              -- table → its rows
    undone_at timestamptz
);
CREATE INDEX customer_merges_from ON customer_merges (from_id) WHERE undone_at IS NULL;
ALTER TABLE customer_merges ENABLE ROW LEVEL SECURITY; -- functions only

-- gendan_sees tells whether the actor sees a customer, deleted or not.
-- +goose StatementBegin
CREATE FUNCTION gendan_sees(customer bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM customers c WHERE c.id = customer AND (gendan_scope() IN ('all', 'system')
        OR (gendan_scope() <> '' AND (c.owner_id = gendan_actor() OR gendan_actor() = ANY (c.collaborators)))
        OR (gendan_scope() = 'team' AND c.team_id = ANY (gendan_teams()))))
$$;
-- +goose StatementEnd

-- gendan_merging counts what would move.
-- +goose StatementBegin
CREATE FUNCTION gendan_merging(from_customer bigint) RETURNS TABLE (label text, rows bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    t merge_tables;
BEGIN
    IF NOT gendan_sees(from_customer) THEN
        RETURN;
    END IF;
    FOR t IN SELECT * FROM merge_tables m WHERE m.label <> '' ORDER BY m.nr LOOP
        label := t.label;
        EXECUTE format('SELECT count(*) FROM %I r WHERE r.customer_id = $1', t.name) INTO rows USING from_customer;
        IF rows > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

-- gendan_merge moves everything from one customer to another. A refusal of either is a refusal of both, and what reached
-- either this month has reached the one. What was planned for both in the same step is planned once.
-- +goose StatementBegin
CREATE FUNCTION gendan_merge(from_customer bigint, into_customer bigint, now timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    t     merge_tables;
    moved jsonb := '{}';
    ids   text[];
    refused jsonb;
BEGIN
    IF NOT (gendan_sees(from_customer) AND gendan_sees(into_customer)) OR from_customer = into_customer THEN
        RETURN false;
    END IF;
    PERFORM FROM customer_facts f WHERE f.customer_id IN (from_customer, into_customer) ORDER BY f.customer_id FOR NO KEY UPDATE;
    WITH once AS (
        UPDATE offers r SET state = 'stopped' WHERE r.customer_id = from_customer AND r.state IN ('planned', 'asked') AND r.source_id <> 0 AND EXISTS (
            SELECT FROM offers o WHERE o.customer_id = into_customer AND o.source = r.source AND o.source_id = r.source_id AND o.step = r.step AND o.deleted_at IS NULL)
        RETURNING r.id)
    SELECT array_agg(id::text) INTO ids FROM once;
    moved := moved || jsonb_strip_nulls(jsonb_build_object('stopped offers', ids));
    WITH was AS (
        SELECT i.*, f.via AS new_via, f.by AS new_by, f.at AS new_at FROM consents f JOIN consents i ON i.purpose = f.purpose AND i.channel = f.channel
        WHERE f.customer_id = from_customer AND i.customer_id = into_customer AND NOT f.allowed AND (i.allowed OR i.by IS NOT NULL AND f.by IS NULL)
        FOR UPDATE OF i
    ), no AS (
        UPDATE consents i SET allowed = false, via = w.new_via, by = w.new_by, at = w.new_at FROM was w
        WHERE i.customer_id = w.customer_id AND i.purpose = w.purpose AND i.channel = w.channel)
    SELECT jsonb_agg(to_jsonb(w)) INTO refused FROM was w;
    moved := moved || jsonb_strip_nulls(jsonb_build_object('refused consents', refused));
    UPDATE reach_counts i SET unasked = i.unasked + f.unasked, kf = i.kf + f.kf, contact = i.contact + f.contact, welcome = i.welcome + f.welcome,
        sms = i.sms + f.sms, mail = i.mail + f.mail, link = i.link + f.link
    FROM reach_counts f WHERE f.customer_id = from_customer AND i.customer_id = into_customer AND f.month = i.month;
    UPDATE journey_people r SET state = 'left', reason = '客户已合并', ended_at = now
    WHERE r.customer_id = from_customer AND r.state = 'active' AND EXISTS (SELECT FROM journey_people o WHERE o.customer_id = into_customer AND o.journey_id = r.journey_id);
    FOR t IN SELECT * FROM merge_tables m ORDER BY m.nr LOOP
        EXECUTE format('WITH gone AS (UPDATE %I r SET customer_id = $2 WHERE r.customer_id = $1 AND NOT (%s) RETURNING (%s)::text AS line)
            SELECT array_agg(line) FROM gone', t.name, t.keep, CASE WHEN t.known_by = 'r.customer_id' THEN '0' ELSE t.known_by END) INTO ids USING from_customer, into_customer;
        IF ids IS NOT NULL THEN
            moved := moved || jsonb_build_object(t.name, ids);
        END IF;
    END LOOP;
    INSERT INTO customer_merges (from_id, into_id, by, at, moved) VALUES (from_customer, into_customer, nullif(gendan_actor(), 0), now, moved);
    RETURN true;
END $$;
-- +goose StatementEnd

-- gendan_unmerge moves back what the last merge of a customer moved, as far as it is still there. What the other one was
-- reached with stays counted, and a journey that was left stays left. What was refused since the merge nobody can tell apart:
-- it is refused by both.
-- +goose StatementBegin
CREATE FUNCTION gendan_unmerge(from_customer bigint, now timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    m     customer_merges;
    t     merge_tables;
    ids   text[];
    since consents[];
BEGIN
    SELECT * INTO m FROM customer_merges q WHERE q.from_id = from_customer AND q.undone_at IS NULL ORDER BY q.id DESC LIMIT 1 FOR UPDATE;
    IF NOT FOUND OR NOT gendan_sees(m.into_id) THEN
        RETURN false;
    END IF;
    since := ARRAY(SELECT k FROM consents k WHERE k.customer_id = m.into_id AND NOT k.allowed AND k.at >= m.at);
    FOR t IN SELECT * FROM merge_tables q ORDER BY q.nr DESC LOOP
        ids := ARRAY(SELECT jsonb_array_elements_text(m.moved->t.name));
        IF cardinality(ids) > 0 THEN
            EXECUTE format('UPDATE %I r SET customer_id = $1 WHERE r.customer_id = $2 AND (%s)::text = ANY ($3)', t.name,
                CASE WHEN t.known_by = 'r.customer_id' THEN '0' ELSE t.known_by END) USING m.from_id, m.into_id, ids;
        END IF;
    END LOOP;
    UPDATE offers r SET state = 'planned' WHERE r.id::text = ANY (ARRAY(SELECT jsonb_array_elements_text(m.moved->'stopped offers'))) AND r.state = 'stopped';
    UPDATE consents r SET allowed = w.allowed, via = w.via, by = w.by, at = w.at
    FROM jsonb_populate_recordset(NULL::consents, m.moved->'refused consents') w
    WHERE r.customer_id = m.into_id AND r.purpose = w.purpose AND r.channel = w.channel AND NOT r.allowed AND r.at < m.at;
    INSERT INTO consents AS r (customer_id, purpose, channel, allowed, via, by, at)
    SELECT c.id, k.purpose, k.channel, false, k.via, k.by, k.at FROM unnest(since) k CROSS JOIN (VALUES (m.from_id), (m.into_id)) c (id)
    ON CONFLICT (customer_id, purpose, channel) DO UPDATE SET allowed = false, via = excluded.via, by = excluded.by, at = excluded.at;
    UPDATE customer_merges SET undone_at = now WHERE id = m.id;
    RETURN true;
END $$;
-- +goose StatementEnd
-- gendan_formerly finds where a customer of that name went, if the actor sees that.
-- +goose StatementBegin
CREATE FUNCTION gendan_formerly(said text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1
AS $$
    WITH RECURSIVE went AS (
        SELECT c.merged_into AS id, 1 AS step FROM customers c WHERE c.name_key = said AND c.merged_into IS NOT NULL AND c.deleted_at IS NOT NULL
        UNION ALL SELECT c.merged_into, w.step + 1 FROM went w JOIN customers c ON c.id = w.id WHERE c.merged_into IS NOT NULL AND c.deleted_at IS NOT NULL AND w.step < 20
    )
    SELECT DISTINCT c.id FROM went w JOIN customers c ON c.id = w.id WHERE c.deleted_at IS NULL AND gendan_sees(c.id)
$$;
-- +goose StatementEnd
CREATE INDEX customers_merged ON customers (name_key) WHERE merged_into IS NOT NULL;
REVOKE ALL ON FUNCTION gendan_formerly FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_formerly TO gendan_app;
REVOKE ALL ON FUNCTION gendan_sees, gendan_merging, gendan_merge, gendan_unmerge FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_sees, gendan_merging, gendan_merge, gendan_unmerge TO gendan_app;
