-- Merging customers. What hangs on one customer moves to the other, and the emptied one is marked deleted, with a pointer to
-- where everything went. All of it can be taken back; so the versions of deleted records are told too: deleting makes a new
-- version like every change, and whoever compares versions sees it.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_versions(numbers bigint[])
RETURNS TABLE (kind text, id bigint, version integer, known_as text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    k record;
BEGIN
    IF gendan_scope() = '' THEN
        RETURN;
    END IF;
    FOR k IN SELECT * FROM record_kinds LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text, r.id, r.version, (%s)::text FROM %s r WHERE r.id = ANY ($1)', k.kind, k.named, k.records)
            USING numbers;
    END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE customers ADD merged_into bigint REFERENCES customers;
