-- A row of the outbox counts apart how often its lease ended without a word: with a process that died, not with a platform that
-- refused. Twelve refusals make a dead letter; twelve restarts must not. And a month's partitions wait for nobody: what they lock
-- makes everybody behind them wait.

-- +goose Up
ALTER TABLE outbox ADD COLUMN lost integer NOT NULL DEFAULT 0; -- of attempts, those of which nobody knows the end

-- As before; a lease that nobody gave back is counted as lost. Answers both counts.
DROP FUNCTION gendan_claim_outbox(text, timestamptz, int, interval, bigint);
-- +goose StatementBegin
CREATE FUNCTION gendan_claim_outbox(platf text, clock timestamptz, most int, lease interval, me bigint)
RETURNS TABLE (id bigint, created_at timestamptz, platform text, lane text, peer text, kind text, subject bigint, key text, payload bytea, attempts int, lost int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	r record;
	met text[] := '{}';
	ids bigint[] := '{}';
	oldest timestamptz;
	newest timestamptz;
	soon timestamptz := now() + interval '1 minute'; -- with an upper bound the coming months' partitions are not visited
BEGIN
	IF gendan_scope() <> 'system' THEN
		RETURN;
	END IF;
	FOR r IN
		SELECT o.id, o.created_at, o.lane
		FROM outbox o
		WHERE o.platform = platf AND o.state = 0 AND o.not_before <= clock AND o.free_at <= clock_timestamp()
		  AND o.created_at BETWEEN now() - interval '31 days' AND soon
		ORDER BY o.id
	LOOP
		CONTINUE WHEN r.lane = ANY (met);
		met := met || r.lane;
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
		SET free_at = clock_timestamp() + lease, attempts = o.attempts + 1, lost = o.lost + (o.owner <> 0)::int, owner = me
		FROM head h
		WHERE o.id = h.id AND o.created_at = h.created_at AND o.created_at BETWEEN oldest AND newest
		RETURNING o.id, o.created_at, o.platform, o.lane, o.peer, o.kind, o.subject, o.key, o.payload, o.attempts - 1, o.lost;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_claim_outbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_claim_outbox TO gendan_app;

-- As before; what a silent process had leased is counted as lost.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_take_over(me bigint, silence interval)
RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	silent bigint[];
BEGIN
	IF gendan_scope() <> 'system' THEN
		RETURN;
	END IF;
	WITH given_up AS (
		UPDATE processes p SET gone = true
		WHERE NOT p.gone AND p.id <> me AND p.seen_at < clock_timestamp() - silence
		RETURNING p.id
	)
	SELECT array_agg(g.id) INTO silent FROM given_up g;
	IF silent IS NULL THEN
		RETURN;
	END IF;
	DELETE FROM processes p WHERE p.gone AND p.seen_at < now() - interval '60 days';
	RETURN QUERY
		WITH free AS (
			UPDATE outbox o SET free_at = '-infinity', owner = 0, lost = o.lost + 1
			WHERE o.state = 0 AND o.owner = ANY (silent) AND o.created_at BETWEEN now() - interval '31 days' AND now() + interval '1 minute'
			RETURNING o.platform
		)
		SELECT DISTINCT f.platform FROM free f;
END $$;
-- +goose StatementEnd

-- As before, but a table that somebody reads just now (a backup holds all of them for as long as it takes) is left for later
-- instead of making everybody wait behind us. There is a month's time; should it not do, the partition that takes the rest takes
-- that month. Answers how many it made, or less than 0: how many tables are left.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_ensure_partitions() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE
	parent record;
	month timestamptz;
	after timestamptz;
	name text;
	made int := 0;
	busy text[] := '{}';
	taken boolean;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('gendan_ensure_partitions')) THEN
		RETURN 0; -- another process is at it
	END IF;
	FOR parent IN
		SELECT c.oid, c.relname, a.attname
		FROM pg_partitioned_table p
		JOIN pg_class c ON c.oid = p.partrelid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
		WHERE c.relnamespace = 'public'::regnamespace AND p.partstrat = 'r' AND p.partnatts = 1
		  AND a.atttypid = 'timestamptz'::regtype
	LOOP
		BEGIN
			name := parent.relname || '_other';
			IF to_regclass(name) IS NULL THEN
				EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', name, parent.relname);
				EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
			END IF;
			FOR i IN 0..1 LOOP
				month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i)) AT TIME ZONE 'UTC';
				after := ((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
				name := parent.relname || to_char(month AT TIME ZONE 'UTC', '"_"YYYYMM');
				CONTINUE WHEN to_regclass(name) IS NOT NULL;
				EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)', parent.relname || '_other',
					parent.attname, month, parent.attname, after) INTO taken;
				CONTINUE WHEN taken;
				EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent.relname, month, after);
				EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
				made := made + 1;
			END LOOP;
		EXCEPTION WHEN lock_not_available THEN
			busy := busy || parent.relname::text;
		END;
	END LOOP;
	IF cardinality(busy) > 0 THEN
		RAISE WARNING 'partitions of % are left for later: the tables are in use', busy;
		RETURN -cardinality(busy);
	END IF;
	RETURN made;
END $$;
-- +goose StatementEnd
ALTER FUNCTION gendan_drop_months SET lock_timeout = '300ms'; -- everybody waits behind it meanwhile
