-- Finding customers. Row-level security keeps an index on arrays or text patterns from being used, since
-- their operators might leak rows (they are not "leakproof"). These functions run with the owner's right,
-- apply the same visibility themselves, and answer ids only; the caller reads the rows under its policies.

-- +goose Up

-- gendan_named_customers finds customers by what a person said, in steps from sure to weak; the first step
-- that finds something ends the search. First among those the actor sees; when there are none, among all,
-- so that the answer can be whose customer it is. score: 100 the name, 90 its core, 80 how its core begins,
-- 70 how its name begins, 60 a part of it, 50 an alias or sound, 40 a near spelling, 30 a contact's name.
-- +goose StatementBegin
CREATE FUNCTION gendan_named_customers(said_key text, said_core text, grams text[], sounds text[], near text[])
RETURNS TABLE (customer bigint, score integer, seen boolean, known_as text, owner bigint)
LANGUAGE plpgsql STABLE ROWS 2 SECURITY DEFINER SET search_path = public -- few rows: the caller fetches each by its key
AS $$
DECLARE
    me    bigint := gendan_actor();
    reach text := gendan_scope();
    mine  bigint[] := gendan_teams();
    every boolean := reach IN ('all', 'system');
    tip   text := chr(1114111);
BEGIN
    IF reach = '' THEN
        RETURN;
    END IF;
    LOOP
        RETURN QUERY SELECT c.id, 100, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.name_key = said_key
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
            LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        RETURN QUERY SELECT c.id, 90, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.name_core = said_core
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
            LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        RETURN QUERY SELECT c.id, 80, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.name_core > said_core AND c.name_core < said_core || tip
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
            ORDER BY c.name_core LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        IF cardinality(grams) > 0 THEN
            RETURN QUERY SELECT c.id, CASE WHEN starts_with(c.name_key, said_key) THEN 70 ELSE 60 END, reach <> '', c.name, c.owner_id
                FROM customers c
                WHERE c.deleted_at IS NULL AND c.terms @> grams AND position(said_key IN c.name_key) > 0
                AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
                LIMIT 11;
            IF FOUND THEN RETURN; END IF;
        END IF;
        RETURN QUERY SELECT c.id, 50, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.terms && sounds
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
            LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        IF cardinality(near) > 0 THEN
            RETURN QUERY SELECT c.id, 40, reach <> '', c.name, c.owner_id FROM customers c
                WHERE c.deleted_at IS NULL AND c.terms && near
                AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
                LIMIT 11;
            IF FOUND THEN RETURN; END IF;
        END IF;
        IF reach <> '' THEN
            RETURN QUERY SELECT DISTINCT c.id, 30, true, c.name, c.owner_id FROM contacts p JOIN customers c ON c.id = p.customer_id
                WHERE p.deleted_at IS NULL AND c.deleted_at IS NULL AND p.name_key = said_key
                AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR (reach = 'team' AND c.team_id = ANY (mine)))
                LIMIT 11;
            IF FOUND OR every THEN RETURN; END IF;
        END IF;
        EXIT WHEN reach = '';
        -- Nobody the actor sees: once more among all, told by the name and its beginning only.
        reach := '';
        every := true;
        grams := '{}';
        sounds := '{}';
        near := '{}';
    END LOOP;
END
$$;
-- +goose StatementEnd

-- gendan_same_phone tells where a number is kept, seen or not: the record, its customer, and the owner.
-- +goose StatementBegin
CREATE FUNCTION gendan_same_phone(number bytea)
RETURNS TABLE (kind text, record bigint, customer bigint, known_as text, owner bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT 'contact', p.id, c.id, c.name, c.owner_id FROM contacts p JOIN customers c ON c.id = p.customer_id
        WHERE p.phone_index = number AND p.deleted_at IS NULL AND c.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL
    SELECT 'customer', c.id, c.id, c.name, c.owner_id FROM customers c
        WHERE c.phone_index = number AND c.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL
    SELECT 'lead', l.id, NULL, concat_ws(' ', nullif(l.company, ''), nullif(l.contact, '')), l.owner_id FROM leads l
        WHERE l.phone_index = number AND l.deleted_at IS NULL AND l.state = 'open' AND gendan_scope() <> ''
    LIMIT 10
$$;
-- +goose StatementEnd

-- gendan_search_customers finds a page of the customers that the actor sees and that answer to all keys of f
-- (text and grams: a part of the name; tags; level; industry; regions; source; stage; owner; owners; quiet_since; tail:
-- a blind index in hex), newest change first. total stops counting at 1001.
-- +goose StatementBegin
CREATE FUNCTION gendan_search_customers(f jsonb, page_size integer, skip integer, OUT ids bigint[], OUT total bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    w      text := ' FROM customers c WHERE c.deleted_at IS NULL';
    grams  text[] := ARRAY(SELECT jsonb_array_elements_text(f->'grams')); -- as values, so that the planner knows how rare they are
    tags   text[] := ARRAY(SELECT jsonb_array_elements_text(f->'tags'));
    owners bigint[] := ARRAY(SELECT jsonb_array_elements_text(f->'owners')::bigint);
BEGIN
    IF gendan_scope() = '' THEN
        ids := '{}';
        total := 0;
        RETURN;
    END IF;
    IF gendan_scope() = 'team' THEN
        w := w || ' AND (c.owner_id = $4 OR c.collaborators @> ARRAY[$4] OR c.team_id = ANY ($5))';
    ELSIF gendan_scope() <> 'all' THEN
        w := w || ' AND (c.owner_id = $4 OR c.collaborators @> ARRAY[$4])';
    END IF;
    IF f ? 'grams' THEN w := w || ' AND c.terms @> $6'; END IF;
    IF f ? 'text' THEN w := w || ' AND position($1->>''text'' IN c.name_key) > 0'; END IF;
    IF f ? 'tags' THEN w := w || ' AND c.tags @> $7'; END IF;
    IF f ? 'level' THEN w := w || ' AND c.level = $1->>''level'''; END IF;
    IF f ? 'industry' THEN w := w || ' AND position($1->>''industry'' IN c.industry) > 0'; END IF;
    IF f ? 'regions' THEN w := w || ' AND EXISTS (SELECT FROM jsonb_array_elements_text($1->''regions'') r WHERE position(r IN c.region) > 0)'; END IF;
    IF f ? 'source' THEN w := w || ' AND position($1->>''source'' IN c.source) > 0'; END IF;
    IF f ? 'owners' THEN w := w || ' AND c.owner_id = ANY ($8)'; END IF;
    IF f ? 'owner' THEN w := w || ' AND c.owner_id = ($1->>''owner'')::bigint'; END IF;
    IF f ? 'quiet_since' THEN
        w := w || ' AND coalesce(c.last_contact_at, c.created_at) < ($1->>''quiet_since'')::timestamptz';
    END IF;
    IF f ? 'stage' THEN
        w := w || ' AND EXISTS (SELECT FROM deals d WHERE d.customer_id = c.id AND d.deleted_at IS NULL AND d.stage = $1->>''stage'')';
    END IF;
    IF f ? 'phone' THEN
        w := w || ' AND (c.phone_index = decode($1->>''phone'', ''hex'') OR ($1->>''tail'' <> '''' AND c.phone_tail = decode($1->>''tail'', ''hex''))
            OR c.id IN (SELECT p.customer_id FROM contacts p WHERE p.deleted_at IS NULL
            AND (p.phone_index = decode($1->>''phone'', ''hex'') OR ($1->>''tail'' <> '''' AND p.phone_tail = decode($1->>''tail'', ''hex'')))))';
    END IF;
    EXECUTE 'SELECT coalesce(array_agg(id), ''{}'') FROM (SELECT c.id' || w || ' ORDER BY c.updated_at DESC, c.id DESC LIMIT $2 OFFSET $3) q'
        INTO ids USING f, page_size, skip, gendan_actor(), gendan_teams(), grams, tags, owners;
    IF skip = 0 AND cardinality(ids) < page_size THEN
        total := cardinality(ids);
    ELSE
        EXECUTE 'SELECT count(*) FROM (SELECT 1' || w || ' LIMIT 1001) q'
            INTO total USING f, page_size, skip, gendan_actor(), gendan_teams(), grams, tags, owners;
    END IF;
END
$$;
-- +goose StatementEnd

-- gendan_hand_over gives a customer or a lead to another owner. The giver loses sight of it with that very
-- change, which a policy would refuse; so it is done here, for those who own it, see their team's or all, or
-- gave it last (to take it back). It answers the new version, or NULL when the record changed meanwhile.
-- +goose StatementBegin
CREATE FUNCTION gendan_hand_over(kind text, record bigint, expected integer, new_owner bigint, new_team bigint, at timestamptz)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    me     bigint := gendan_actor();
    reach  text := gendan_scope();
    teams  bigint[] := gendan_teams();
    result integer;
BEGIN
    IF reach = '' THEN
        RETURN NULL;
    END IF;
    IF kind = 'customer' THEN
        UPDATE customers c SET owner_id = new_owner, team_id = new_team, given_by = me, version = c.version + 1, updated_at = at
            WHERE c.id = record AND c.version = expected AND c.deleted_at IS NULL
            AND (reach = 'all' OR c.owner_id = me OR c.given_by = me OR (reach = 'team' AND c.team_id = ANY (teams)))
            RETURNING c.version INTO result;
    ELSIF kind = 'lead' THEN
        UPDATE leads l SET owner_id = new_owner, team_id = new_team, given_by = me, version = l.version + 1, updated_at = at
            WHERE l.id = record AND l.version = expected AND l.deleted_at IS NULL
            AND (reach = 'all' OR l.owner_id = me OR l.given_by = me OR l.owner_id IS NULL OR (reach = 'team' AND l.team_id = ANY (teams)))
            RETURNING l.version INTO result;
    END IF;
    RETURN result;
END
$$;
-- +goose StatementEnd

-- gendan_versions tells what has become of records that the actor once changed, seen or not, so that taking
-- the change back can be refused when somebody went on from it.
-- +goose StatementBegin
CREATE FUNCTION gendan_versions(numbers bigint[])
RETURNS TABLE (kind text, id bigint, version integer, known_as text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT 'customer', r.id, r.version, r.name FROM customers r WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL SELECT 'contact', r.id, r.version, r.name FROM contacts r WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL SELECT 'lead', r.id, r.version, concat_ws(' ', nullif(r.company, ''), nullif(r.contact, '')) FROM leads r
        WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL SELECT 'deal', r.id, r.version, r.title FROM deals r WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL SELECT 'activity', r.id, r.version, '#' || r.id FROM activities r WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL SELECT 'reminder', r.id, r.version, '#' || r.id FROM reminders r WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
    UNION ALL SELECT 'task', r.id, r.version, '#' || r.id FROM tasks r WHERE r.id = ANY (numbers) AND r.deleted_at IS NULL AND gendan_scope() <> ''
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION gendan_named_customers, gendan_same_phone, gendan_search_customers, gendan_hand_over, gendan_versions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_named_customers, gendan_same_phone, gendan_search_customers, gendan_hand_over, gendan_versions TO gendan_app;
