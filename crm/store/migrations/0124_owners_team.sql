-- Whose lead sees a customer or an open lead follows from its owner's team, and from nothing else. Each customer and lead kept a copy of
-- the team of its owner, made when it was given to them; when the owner moved to another team the copies stayed, so the old
-- team's lead went on seeing everything and the new one saw nothing. To change 100,000 copies is to write as many rows and all their
-- entries in indexes while nobody else may change these customers; to ask who is in the
-- team instead costs team leads one look at users a statement, and others nothing.

-- +goose Up

-- gendan_led are the colleagues of the teams that the actor leads; NULL for whoever leads none. A policy asks once a statement, by a
-- plan of its own that is set up for whoever reads and run for team leads: with the look at users in the policy itself Postgres
-- expects every row to be dear, and reads whole tables of customers to a rep who has a few.
-- +goose StatementBegin
CREATE FUNCTION gendan_led() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN gendan_scope() = 'team' THEN ARRAY(SELECT u.id FROM users u WHERE u.team_id = ANY (gendan_teams())) END;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_led FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_led TO gendan_app;

ALTER POLICY customers_seen ON customers
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = gendan_actor()
        OR gendan_actor() = ANY (collaborators)
        OR (gendan_scope() = 'team' AND owner_id = ANY ((SELECT gendan_led())::bigint[])));
ALTER POLICY leads_seen ON leads
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = gendan_actor()
        OR (owner_id IS NULL AND gendan_scope() <> '')
        OR (gendan_scope() = 'team' AND owner_id = ANY ((SELECT gendan_led())::bigint[])));

-- The functions that find customers with the owner's right, as they were but for that.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_named_customers(said_key text, said_core text, grams text[], sounds text[], near text[])
RETURNS TABLE (customer bigint, score integer, seen boolean, known_as text, owner bigint)
LANGUAGE plpgsql STABLE ROWS 2 SECURITY DEFINER SET search_path = public, pg_temp -- few rows: the caller fetches each by its key
AS $$
DECLARE
    me    bigint := gendan_actor();
    reach text := gendan_scope();
    led   bigint[] := gendan_led();
    every boolean := reach IN ('all', 'system');
    tip   text := chr(1114111);
BEGIN
    IF reach = '' THEN
        RETURN;
    END IF;
    LOOP
        RETURN QUERY SELECT c.id, 100, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.name_key = said_key
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
            LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        RETURN QUERY SELECT c.id, 90, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.name_core = said_core
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
            LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        RETURN QUERY SELECT c.id, 80, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.name_core > said_core AND c.name_core < said_core || tip
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
            ORDER BY c.name_core LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        IF cardinality(grams) > 0 THEN
            RETURN QUERY SELECT c.id, CASE WHEN starts_with(c.name_key, said_key) THEN 70 ELSE 60 END, reach <> '', c.name, c.owner_id
                FROM customers c
                WHERE c.deleted_at IS NULL AND c.terms @> grams AND position(said_key IN c.name_key) > 0
                AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
                LIMIT 11;
            IF FOUND THEN RETURN; END IF;
        END IF;
        RETURN QUERY SELECT c.id, 50, reach <> '', c.name, c.owner_id FROM customers c
            WHERE c.deleted_at IS NULL AND c.terms && sounds
            AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
            LIMIT 11;
        IF FOUND THEN RETURN; END IF;
        IF cardinality(near) > 0 THEN
            RETURN QUERY SELECT c.id, 40, reach <> '', c.name, c.owner_id FROM customers c
                WHERE c.deleted_at IS NULL AND c.terms && near
                AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
                LIMIT 11;
            IF FOUND THEN RETURN; END IF;
        END IF;
        IF reach <> '' THEN
            RETURN QUERY SELECT DISTINCT c.id, 30, true, c.name, c.owner_id FROM contacts p JOIN customers c ON c.id = p.customer_id
                WHERE p.deleted_at IS NULL AND c.deleted_at IS NULL AND p.name_key = said_key
                AND (every OR c.owner_id = me OR me = ANY (c.collaborators) OR c.owner_id = ANY (led))
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
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_known_names(most integer)
RETURNS TABLE (id bigint, name text, kind text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    me    bigint := gendan_actor();
    reach text := gendan_scope();
    led   bigint[] := gendan_led();
BEGIN
    IF reach = '' OR me IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
        FROM customers c WHERE c.deleted_at IS NULL AND c.owner_id = me ORDER BY c.updated_at DESC LIMIT most;
    RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
        FROM customers c WHERE c.deleted_at IS NULL AND c.collaborators @> ARRAY[me] LIMIT most;
    RETURN QUERY SELECT DISTINCT 0::bigint, d.product, 'product' FROM deals d
        WHERE d.deleted_at IS NULL AND d.owner_id = me AND d.product <> '' LIMIT 300;
    IF reach = 'team' THEN
        RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
            FROM customers c WHERE c.deleted_at IS NULL AND c.owner_id = ANY (led) AND c.owner_id <> me ORDER BY c.updated_at DESC LIMIT most;
    ELSIF reach IN ('all', 'system') THEN
        RETURN QUERY SELECT c.id, c.name, CASE WHEN c.person THEN 'person' ELSE 'firm' END
            FROM customers c WHERE c.deleted_at IS NULL AND c.owner_id <> me ORDER BY c.updated_at DESC LIMIT most;
    END IF;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_seen_sql(condition text) RETURNS text
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
        names := names || format(' AND (c.owner_id = %1$s OR c.collaborators @> ARRAY[%1$s]::bigint[] OR c.owner_id = ANY (%2$L::bigint[]))', gendan_actor(), gendan_led());
    WHEN 'own' THEN
        names := names || format(' AND (c.owner_id = %1$s OR c.collaborators @> ARRAY[%1$s]::bigint[])', gendan_actor());
    ELSE
        names := names || ' AND false';
    END CASE;
    RETURN names || ' AND ' || condition;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_sees(customer bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM customers c WHERE c.id = customer AND (gendan_scope() IN ('all', 'system')
        OR (gendan_scope() <> '' AND (c.owner_id = gendan_actor() OR gendan_actor() = ANY (c.collaborators)))
        OR c.owner_id = ANY (gendan_led())))
$$;
-- +goose StatementEnd

DROP FUNCTION gendan_hand_over;
-- +goose StatementBegin
CREATE FUNCTION gendan_hand_over(kind text, record bigint, expected integer, new_owner bigint, at timestamptz)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    me     bigint := gendan_actor();
    reach  text := gendan_scope();
    led    bigint[] := gendan_led();
    result integer;
BEGIN
    IF reach = '' THEN
        RETURN NULL;
    END IF;
    IF kind = 'customer' THEN
        UPDATE customers c SET owner_id = new_owner, given_by = me, version = c.version + 1, updated_at = at
            WHERE c.id = record AND c.version = expected AND c.deleted_at IS NULL
            AND (reach = 'all' OR c.owner_id = me OR c.given_by = me OR c.owner_id = ANY (led))
            RETURNING c.version INTO result;
    ELSIF kind = 'lead' THEN
        UPDATE leads l SET owner_id = new_owner, given_by = me, version = l.version + 1, updated_at = at
            WHERE l.id = record AND l.version = expected AND l.deleted_at IS NULL
            AND (reach = 'all' OR l.owner_id = me OR l.given_by = me OR l.owner_id IS NULL OR l.owner_id = ANY (led))
            RETURNING l.version INTO result;
    END IF;
    RETURN result;
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_hand_over FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_hand_over TO gendan_app;

-- A ticket has a team of its own, the one that is to handle it: its owner's, once it has an owner. gendan_ticket_home gives one that
-- has come back to a former owner the team where that owner is now. Who sees all may hold a ticket for another team.
-- +goose StatementBegin
CREATE FUNCTION gendan_ticket_home(ticket bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE tickets t SET team_id = u.team_id FROM users u
    WHERE t.id = ticket AND u.id = t.owner_id AND u.team_id <> t.team_id AND u.role NOT IN ('manager', 'admin') AND gendan_scope() <> ''
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_ticket_home FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_ticket_home TO gendan_app;

ALTER TABLE customers DROP COLUMN team_id;
ALTER TABLE leads DROP COLUMN team_id;
