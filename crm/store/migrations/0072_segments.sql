-- Filters and saved segments. A filter is a tree that the program has made of what was said: names are numbers, times are
-- days, all, any and not are its branches. gendan_filter_sql makes one condition of it, over the facts of a customer (x) and,
-- for names and numbers only, the customer (c), with its values as literals: so the planner knows how rare they are. The
-- functions that run it do so with the owner's right, because row-level security keeps an index from being used for what an
-- operator might tell; they apply the same visibility themselves and answer numbers only.
--
-- A segment's members are kept. Looking at it evaluates again who changed since the last look (customer_changes), and those
-- for whom a limit of time lies between the last look and now, by index; nobody else. mark is the oldest transaction that
-- the last look may have missed.

-- +goose Up
DROP FUNCTION gendan_search_customers;

CREATE TABLE segments (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    name       text NOT NULL CHECK (name <> ''),
    name_key   text COLLATE "C" NOT NULL,
    filter     jsonb NOT NULL,              -- as it was said
    owner_id   bigint NOT NULL REFERENCES users,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE UNIQUE INDEX segments_name ON segments (name_key) WHERE deleted_at IS NULL;
ALTER TABLE segments ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON segments USING (gendan_scope() <> '');
GRANT SELECT, INSERT, UPDATE ON segments TO gendan_app;
INSERT INTO record_kinds VALUES ('segment', 'segments', 'r.name');

CREATE TABLE segment_looks (
    segment_id bigint PRIMARY KEY REFERENCES segments,
    filter     jsonb NOT NULL,              -- compiled; another one means that all is counted again
    mark       xid8 NOT NULL,
    at         timestamptz NOT NULL,
    total      integer NOT NULL
);
ALTER TABLE segment_looks ENABLE ROW LEVEL SECURITY; -- functions only
CREATE TABLE segment_members (
    segment_id  bigint NOT NULL REFERENCES segments,
    customer_id bigint NOT NULL,
    PRIMARY KEY (segment_id, customer_id)
);
ALTER TABLE segment_members ENABLE ROW LEVEL SECURITY; -- functions only

-- gendan_birthdays are the days of a span that holds day, as MM-DD. Who was born on 29 February has their birthday on the
-- 28th where there is no other.
-- +goose StatementBegin
CREATE FUNCTION gendan_birthdays(span text, day date) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    WITH span AS (
        SELECT CASE span WHEN 'tomorrow' THEN day + 1 WHEN 'this_week' THEN date_trunc('week', day::timestamp)::date
                WHEN 'next_week' THEN date_trunc('week', day::timestamp)::date + 7 WHEN 'this_month' THEN date_trunc('month', day::timestamp)::date
                WHEN 'next_month' THEN (date_trunc('month', day::timestamp) + interval '1 month')::date ELSE day END AS first,
            CASE span WHEN 'tomorrow' THEN day + 1 WHEN 'this_week' THEN date_trunc('week', day::timestamp)::date + 6
                WHEN 'next_week' THEN date_trunc('week', day::timestamp)::date + 13 WHEN 'this_month' THEN (date_trunc('month', day::timestamp) + interval '1 month')::date - 1
                WHEN 'next_month' THEN (date_trunc('month', day::timestamp) + interval '2 months')::date - 1 ELSE day END AS last
    ), days AS (
        SELECT d::date AS d FROM span, generate_series(first::timestamp, last::timestamp, '1 day') d
    )
    SELECT array_agg(to_char(d, 'MM-DD') ORDER BY d) || CASE WHEN bool_or(to_char(d, 'MM-DD') = '02-28' AND to_char(d + 1, 'MM-DD') = '03-01')
        THEN ARRAY['02-29'] ELSE '{}' END FROM days
$$;
-- +goose StatementEnd

-- gendan_filter_sql is the condition of a filter.
-- +goose StatementBegin
CREATE FUNCTION gendan_filter_sql(f jsonb, now timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    w text[] := '{}';
BEGIN
    IF f ? 'grams' THEN w := w || format('c.terms @> %L::text[]', ARRAY(SELECT jsonb_array_elements_text(f->'grams'))); END IF;
    IF f ? 'text' THEN w := w || format('position(%L IN c.name_key) > 0', f->>'text'); END IF;
    IF f ? 'phone' THEN
        w := w || format('(c.phone_index = %1$L::bytea OR c.phone_tail = %2$L::bytea OR c.id IN (SELECT p.customer_id FROM contacts p
            WHERE p.deleted_at IS NULL AND (p.phone_index = %1$L::bytea OR p.phone_tail = %2$L::bytea)))', '\x' || (f->>'phone'), '\x' || (f->>'tail'));
    END IF;
    IF f ? 'owners' THEN w := w || format('x.owner_id = ANY (%L::bigint[])', ARRAY(SELECT jsonb_array_elements_text(f->'owners'))); END IF;
    IF f ? 'level' THEN w := w || format('x.level = %L', f->>'level'); END IF;
    IF f ? 'industry' THEN w := w || format('position(%L IN x.industry) > 0', f->>'industry'); END IF;
    IF f ? 'regions' THEN
        w := w || (SELECT '(' || string_agg(format('position(%L IN x.region) > 0', r), ' OR ') || ')' FROM jsonb_array_elements_text(f->'regions') r);
    END IF;
    IF f ? 'source' THEN w := w || format('position(%L IN x.source) > 0', f->>'source'); END IF;
    IF f ? 'tags' THEN w := w || format('x.tags @> %L::text[]', ARRAY(SELECT jsonb_array_elements_text(f->'tags'))); END IF;
    IF f ? 'quiet_days' THEN w := w || format('x.quiet_since < %L::timestamptz', now - make_interval(days => (f->>'quiet_days')::int)); END IF;
    IF f ? 'no_order_days' THEN w := w || format('x.order_since < %L::timestamptz', now - make_interval(days => (f->>'no_order_days')::int)); END IF;
    IF f ? 'min_spent' THEN w := w || format('x.spent >= %s', (f->>'min_spent')::bigint); END IF;
    IF f ? 'max_spent' THEN w := w || format('x.spent <= %s', (f->>'max_spent')::bigint); END IF;
    IF f ? 'min_orders' THEN w := w || format('x.orders >= %s', (f->>'min_orders')::int); END IF;
    IF f ? 'max_orders' THEN w := w || format('x.orders <= %s', (f->>'max_orders')::int); END IF;
    IF f ? 'birthday' THEN w := w || format('(x.birthdays <> ''{}'' AND x.birthdays && %L::text[])', gendan_birthdays(f->>'birthday', (now AT TIME ZONE 'Asia/Shanghai')::date)); END IF;
    IF f ? 'rfm' THEN w := w || format('x.rfm = %L', f->>'rfm'); END IF;
    IF f ? 'member' THEN w := w || format('x.member = %L::boolean', f->>'member'); END IF;
    IF f ? 'products' THEN w := w || format('(x.products <> ''{}'' AND x.products && %L::bigint[])', ARRAY(SELECT jsonb_array_elements_text(f->'products'))); END IF;
    IF f ? 'regular' THEN w := w || format('x.regular && %L::bigint[]', ARRAY(SELECT jsonb_array_elements_text(f->'regular'))); END IF;
    IF f ? 'stage' THEN
        w := w || format('EXISTS (SELECT FROM deals d WHERE d.customer_id = x.customer_id AND d.deleted_at IS NULL AND d.state = ''open'' AND d.stage = %L)', f->>'stage');
    END IF;
    IF f ? 'segment' THEN
        w := w || format('x.customer_id IN (SELECT g.customer_id FROM segment_members g WHERE g.segment_id = %s)', (f->>'segment')::bigint);
    END IF;
    IF f ? 'all' THEN w := w || ARRAY(SELECT gendan_filter_sql(e, now) FROM jsonb_array_elements(f->'all') e); END IF;
    IF f ? 'any' THEN w := w || (SELECT '(' || string_agg(gendan_filter_sql(e, now), ' OR ') || ')' FROM jsonb_array_elements(f->'any') e); END IF;
    IF f ? 'not' THEN w := w || ('NOT ' || gendan_filter_sql(f->'not', now)); END IF;
    IF cardinality(w) = 0 THEN
        RETURN 'true';
    END IF;
    RETURN '(' || array_to_string(w, ' AND ') || ')';
END $$;
-- +goose StatementEnd

-- gendan_seen_sql is from where, and which of them the actor sees: a beginning that AND goes on.
-- +goose StatementBegin
CREATE FUNCTION gendan_seen_sql(condition text) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    names text := ' FROM customer_facts x JOIN customers c ON c.id = x.customer_id WHERE NOT x.gone AND c.deleted_at IS NULL';
BEGIN
    CASE gendan_scope()
    WHEN 'all', 'system' THEN
        IF position('c.' IN condition) = 0 THEN
            names := ' FROM customer_facts x WHERE NOT x.gone';
        END IF;
    WHEN 'team' THEN
        names := names || format(' AND (c.owner_id = %1$s OR c.collaborators @> ARRAY[%1$s]::bigint[] OR c.team_id = ANY (%2$L::bigint[]))', gendan_actor(), gendan_teams());
    WHEN 'own' THEN
        names := names || format(' AND (c.owner_id = %1$s OR c.collaborators @> ARRAY[%1$s]::bigint[])', gendan_actor());
    ELSE
        names := names || ' AND false';
    END CASE;
    RETURN names || ' AND ' || condition;
END $$;
-- +goose StatementEnd

-- gendan_find_customers finds a page of the customers of a filter that the actor sees, newest change first. total stops
-- counting at 1001. The first of so many are looked for without an order, which costs one look at the facts at most; only
-- when there are more is the page read in the order of changes, which then comes upon them soon.
-- +goose StatementBegin
CREATE FUNCTION gendan_find_customers(f jsonb, now timestamptz, page_size integer, skip integer, OUT ids bigint[], OUT total bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    condition text := gendan_filter_sql(f, now);
    seen      text := gendan_seen_sql(condition);
    found     bigint[];
BEGIN
    EXECUTE 'SELECT coalesce(array_agg(q.customer_id), ''{}'') FROM (SELECT x.customer_id' || seen || ' LIMIT 1001) q' INTO found;
    total := cardinality(found);
    IF total < 1001 THEN
        ids := ARRAY(SELECT c.id FROM customers c WHERE c.id = ANY (found) ORDER BY c.updated_at DESC, c.id DESC LIMIT page_size OFFSET skip);
        RETURN;
    END IF;
    seen := gendan_seen_sql(condition || ' AND c.id > 0');
    EXECUTE 'SELECT coalesce(array_agg(q.id), ''{}'') FROM (SELECT c.id' || seen || format(' ORDER BY c.updated_at DESC, c.id DESC LIMIT %s OFFSET %s) q', page_size, skip)
        INTO ids;
END $$;
-- +goose StatementEnd

-- gendan_audience walks the customers of a filter that the actor sees, in the order of their numbers.
-- +goose StatementBegin
CREATE FUNCTION gendan_audience(f jsonb, now timestamptz, after bigint, most integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    ids bigint[];
BEGIN
    EXECUTE 'SELECT coalesce(array_agg(q.customer_id ORDER BY q.customer_id), ''{}'') FROM (SELECT x.customer_id' || gendan_seen_sql(gendan_filter_sql(f, now))
        || format(' AND x.customer_id > %s ORDER BY x.customer_id LIMIT %s) q', after, most) INTO ids;
    RETURN ids;
END $$;
-- +goose StatementEnd

-- gendan_count_customers counts the customers of a filter that the actor sees. Whoever sees all reads a segment's number
-- where it stands.
-- +goose StatementBegin
CREATE FUNCTION gendan_count_customers(f jsonb, now timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    total bigint;
BEGIN
    IF f ? 'segment' AND f - 'segment' = '{}' AND gendan_scope() IN ('all', 'system') THEN
        RETURN (SELECT l.total FROM segment_looks l WHERE l.segment_id = (f->>'segment')::bigint);
    END IF;
    EXECUTE 'SELECT count(*)' || gendan_seen_sql(gendan_filter_sql(f, now)) INTO total;
    RETURN total;
END $$;
-- +goose StatementEnd

-- gendan_filter_times are the parts of a filter that time alone changes.
-- +goose StatementBegin
CREATE FUNCTION gendan_filter_times(f jsonb) RETURNS TABLE (what text, days integer, span text)
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    e jsonb;
BEGIN
    IF f ? 'quiet_days' THEN RETURN QUERY SELECT 'quiet', (f->>'quiet_days')::int, ''; END IF;
    IF f ? 'no_order_days' THEN RETURN QUERY SELECT 'order', (f->>'no_order_days')::int, ''; END IF;
    IF f ? 'birthday' THEN RETURN QUERY SELECT 'birthday', 0, f->>'birthday'; END IF;
    FOR e IN SELECT jsonb_array_elements(coalesce(f->'all', '[]')) UNION ALL SELECT jsonb_array_elements(coalesce(f->'any', '[]'))
        UNION ALL SELECT f->'not' WHERE f ? 'not' LOOP
        RETURN QUERY SELECT * FROM gendan_filter_times(e);
    END LOOP;
END $$;
-- +goose StatementEnd

-- gendan_look brings a segment's members up to date.
-- +goose StatementBegin
CREATE FUNCTION gendan_look(segment bigint, f jsonb, now timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    last      segment_looks;
    part      record;
    fresh     xid8;
    condition text := gendan_filter_sql(f, now);
    look      bigint[] := '{}';
    born      text[];
    more      bigint;
    less      bigint;
    source    text := CASE WHEN position('c.' IN condition) > 0 THEN 'customer_facts x JOIN customers c ON c.id = x.customer_id' ELSE 'customer_facts x' END;
    most CONSTANT integer := 20000;
BEGIN
    PERFORM FROM segments s WHERE s.id = segment FOR NO KEY UPDATE; -- one look at a time
    fresh := pg_snapshot_xmin(pg_current_snapshot());
    SELECT * INTO last FROM segment_looks l WHERE l.segment_id = segment;
    IF FOUND AND last.filter = f AND now >= last.at THEN
        look := ARRAY(SELECT h.customer_id FROM customer_changes h WHERE h.tx >= last.mark LIMIT most);
        FOR part IN SELECT DISTINCT * FROM gendan_filter_times(f) LOOP
            IF part.what = 'order' AND now > last.at THEN
                look := look || ARRAY(SELECT x.customer_id FROM customer_facts x WHERE x.order_since >= last.at - make_interval(days => part.days)
                    AND x.order_since < now - make_interval(days => part.days) LIMIT most);
            ELSIF part.what = 'quiet' AND now > last.at THEN
                look := look || ARRAY(SELECT c.id FROM customers c WHERE c.deleted_at IS NULL
                    AND coalesce(c.last_contact_at, c.created_at) >= last.at - make_interval(days => part.days)
                    AND coalesce(c.last_contact_at, c.created_at) < now - make_interval(days => part.days) LIMIT most);
            ELSIF part.what = 'birthday' AND (last.at AT TIME ZONE 'Asia/Shanghai')::date <> (now AT TIME ZONE 'Asia/Shanghai')::date THEN
                born := gendan_birthdays(part.span, (last.at AT TIME ZONE 'Asia/Shanghai')::date);
                IF born <> gendan_birthdays(part.span, (now AT TIME ZONE 'Asia/Shanghai')::date) THEN
                    born := born || gendan_birthdays(part.span, (now AT TIME ZONE 'Asia/Shanghai')::date);
                    look := look || ARRAY(SELECT x.customer_id FROM customer_facts x WHERE x.birthdays <> '{}' AND x.birthdays && born LIMIT most);
                END IF;
            END IF;
        END LOOP;
        IF cardinality(look) < most THEN
            IF cardinality(look) > 0 THEN
                look := ARRAY(SELECT DISTINCT unnest(look));
                EXECUTE 'WITH fit AS MATERIALIZED (SELECT x.customer_id FROM ' || source || '
                        WHERE NOT x.gone AND x.customer_id = ANY ($2) AND ' || condition || '),
                    gone AS (DELETE FROM segment_members g WHERE g.segment_id = $1 AND g.customer_id = ANY ($2)
                        AND NOT EXISTS (SELECT FROM fit WHERE fit.customer_id = g.customer_id) RETURNING 1),
                    came AS (INSERT INTO segment_members SELECT $1, fit.customer_id FROM fit ON CONFLICT DO NOTHING RETURNING 1)
                    SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM gone)' INTO more, less USING segment, look;
                last.total := last.total + more - less;
            END IF;
            UPDATE segment_looks SET mark = fresh, at = now, total = last.total WHERE segment_id = segment;
            RETURN;
        END IF;
    END IF;
    DELETE FROM segment_members g WHERE g.segment_id = segment;
    EXECUTE 'INSERT INTO segment_members SELECT $1, x.customer_id FROM ' || source || ' WHERE NOT x.gone AND '
        || condition || ' ORDER BY x.customer_id' USING segment;
    GET DIAGNOSTICS more = ROW_COUNT;
    INSERT INTO segment_looks (segment_id, filter, mark, at, total) VALUES (segment, f, fresh, now, more)
    ON CONFLICT (segment_id) DO UPDATE SET filter = excluded.filter, mark = excluded.mark, at = excluded.at, total = excluded.total;
END $$;
-- +goose StatementEnd

-- gendan_forget_changes drops the changes that every segment has seen; it tells how many.
-- +goose StatementBegin
CREATE FUNCTION gendan_forget_changes() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    seen xid8;
    n    bigint;
BEGIN
    IF gendan_scope() <> 'system' THEN
        RETURN 0;
    END IF;
    SELECT min(l.mark) INTO seen FROM segment_looks l JOIN segments s ON s.id = l.segment_id AND s.deleted_at IS NULL;
    DELETE FROM customer_changes h WHERE h.tx < coalesce(least(seen, pg_snapshot_xmin(pg_current_snapshot())), pg_snapshot_xmin(pg_current_snapshot()));
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM segment_members g USING segments s WHERE s.id = g.segment_id AND s.deleted_at < now() - interval '30 days';
    RETURN n;
END $$;
-- +goose StatementEnd

-- gendan_age_rfm gives new marks to customers whose time has come, at most that many; it tells how many.
-- +goose StatementBegin
CREATE FUNCTION gendan_age_rfm(now timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    bands jsonb := (SELECT rules FROM rfm_rules);
    n     bigint;
BEGIN
    IF gendan_scope() = '' OR NOT EXISTS (SELECT FROM customer_facts x WHERE x.due <= now) THEN
        RETURN 0;
    END IF;
    WITH old AS (
        SELECT x.* FROM customer_facts x WHERE x.due <= now ORDER BY x.due, x.customer_id LIMIT most FOR NO KEY UPDATE SKIP LOCKED
    ), new AS (
        SELECT o.customer_id, o.rfm AS was, (o.r, o.f, o.m, o.rfm) IS DISTINCT FROM (n.r, n.f, n.m, n.rfm) AS moved, n.*
        FROM old o CROSS JOIN LATERAL gendan_rfm(bands, o.orders, o.spent, o.last_order, now) n
    ), told AS (
        INSERT INTO customer_changes (customer_id) SELECT customer_id FROM new WHERE moved
    ), logged AS (
        INSERT INTO rfm_log (customer_id, at, r, f, m, rfm, was) SELECT customer_id, gendan_age_rfm.now, r, f, m, rfm, was FROM new WHERE moved
    )
    UPDATE customer_facts x SET r = n.r, f = n.f, m = n.m, rfm = n.rfm, due = n.due, updated_at = now FROM new n WHERE x.customer_id = n.customer_id;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION gendan_filter_sql, gendan_seen_sql, gendan_find_customers, gendan_audience, gendan_count_customers, gendan_look,
    gendan_forget_changes, gendan_age_rfm FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_find_customers, gendan_audience, gendan_count_customers, gendan_look, gendan_forget_changes, gendan_age_rfm TO gendan_app;
