-- +goose Up
-- The application role and what row-level security reads.
--
-- The service connects as the owner of the schema (or a superuser of its own cluster) and becomes
-- gendan_app at once: a role that owns nothing, cannot log in, and sees only what the policies of each
-- table let the acting person see. Policies are not forced on the owner, who migrates and backs up.

-- Roles belong to the cluster, so another database's migration may be making the same one now.
-- +goose StatementBegin
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gendan_app') THEN
		BEGIN
			CREATE ROLE gendan_app NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
		EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
		END;
	END IF;
	IF NOT pg_has_role(current_user, 'gendan_app', 'MEMBER') THEN
		BEGIN
			EXECUTE format('GRANT gendan_app TO %I', current_user);
		EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
		END;
	END IF;
END $$;
-- +goose StatementEnd

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO gendan_app;

-- No DELETE anywhere: records are marked deleted, and old keys are swept by gendan_housekeeping().
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO gendan_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO gendan_app;

GRANT SELECT ON goose_db_version TO gendan_app;
ALTER TABLE goose_db_version ENABLE ROW LEVEL SECURITY;

-- Who acts, and how far they see. Without settings they are 0, '', {} and '': nothing is seen.
-- Policies call them as (SELECT gendan_scope()), which Postgres evaluates once a statement.
CREATE FUNCTION gendan_actor() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
	$$ SELECT coalesce(nullif(current_setting('gendan.actor', true), ''), '0')::bigint $$;
CREATE FUNCTION gendan_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
	$$ SELECT coalesce(current_setting('gendan.scope', true), '') $$;
CREATE FUNCTION gendan_teams() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
	$$ SELECT coalesce(nullif(current_setting('gendan.teams', true), ''), '{}')::bigint[] $$;
CREATE FUNCTION gendan_conversation() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
	$$ SELECT coalesce(current_setting('gendan.conversation', true), '') $$;

-- One sequence numbers every business record, so that #1024 names one thing.
CREATE SEQUENCE record_numbers START 1001;

-- Makes the partitions, by month, of every table in this schema that is partitioned by a time: this month's
-- and the next, and a default one that takes what lies outside; no more, since a statement that may meet any partition pays for each. Partitions have row-level security and no policy:
-- they are read through their parent only. A month that already has rows in the default partition stays there.
-- +goose StatementBegin
CREATE FUNCTION gendan_ensure_partitions() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	parent record;
	month timestamptz;
	name text;
	made int := 0;
	taken boolean;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('gendan_ensure_partitions'));
	FOR parent IN
		SELECT c.oid, c.relname, a.attname
		FROM pg_partitioned_table p
		JOIN pg_class c ON c.oid = p.partrelid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
		WHERE c.relnamespace = 'public'::regnamespace AND p.partstrat = 'r' AND p.partnatts = 1
		  AND a.atttypid = 'timestamptz'::regtype
	LOOP
		name := parent.relname || '_other';
		IF to_regclass(name) IS NULL THEN
			EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', name, parent.relname);
			EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
		END IF;
		FOR i IN 0..1 LOOP
			month := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
			month := ((month AT TIME ZONE 'UTC') + make_interval(months => i)) AT TIME ZONE 'UTC';
			name := parent.relname || to_char(month AT TIME ZONE 'UTC', '"_"YYYYMM');
			CONTINUE WHEN to_regclass(name) IS NOT NULL;
			EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)', parent.relname || '_other',
				parent.attname, month, parent.attname, ((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC') INTO taken;
			CONTINUE WHEN taken;
			EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent.relname,
				month, ((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
			EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
			made := made + 1;
		END LOOP;
	END LOOP;
	RETURN made;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_ensure_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_ensure_partitions() TO gendan_app;
