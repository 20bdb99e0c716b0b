-- Whoever comes by another door is still the same customer. How customers are known elsewhere follows by itself from what is
-- kept of them: phones and mails of customers and their contacts, accounts, union ids, numbers and addresses of the guests that
-- are linked to them. Only a shop's member numbers are told (gendan_identify). The triggers wait for the end of the transaction,
-- so that a merge and its undo are judged by what they leave.
--
-- A name belongs to one customer. When two have the same one, nobody is merged: the pair is noted, once for ever, and a row
-- of the outbox has its owners asked.

-- +goose Up
ALTER TABLE customer_identities ALTER value DROP NOT NULL; -- null: it stands where it was learned
ALTER TABLE customer_identities DROP CONSTRAINT customer_identities_kind_check;
ALTER TABLE customer_identities ADD CHECK (kind IN ('shop', 'contact', 'phone', 'mail', 'kf', 'union'));
ALTER TABLE guests
    ADD phone_keys bytea[] NOT NULL DEFAULT '{}',  -- blind indexes of the numbers that they have, as in contacts.phone_index
    ADD mail_key   bytea;                          -- and of their mail address, as in contacts.email_index
CREATE INDEX guests_phones ON guests USING gin (phone_keys) WHERE phone_keys <> '{}';
CREATE INDEX guests_mail ON guests (mail_key) WHERE mail_key IS NOT NULL;
CREATE INDEX contacts_email ON contacts (email_index) WHERE deleted_at IS NULL AND email_index IS NOT NULL;

CREATE TABLE merge_proposals (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_id bigint NOT NULL REFERENCES customers,  -- the lower number
    other_id bigint NOT NULL REFERENCES customers,
    kind     text NOT NULL,                         -- what they have in common: of customer_identities
    key      bytea NOT NULL,
    at       timestamptz NOT NULL,
    CHECK (first_id < other_id),
    UNIQUE (first_id, other_id)
);
CREATE INDEX merge_proposals_other ON merge_proposals (other_id);
ALTER TABLE merge_proposals ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON merge_proposals FOR SELECT USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT ON merge_proposals TO gendan_app;

-- gendan_identity_holders are the customers that have a name, the oldest first, at most 10.
-- +goose StatementBegin
CREATE FUNCTION gendan_identity_holders(what text, known bytea) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    CASE what
    WHEN 'phone' THEN
        ids := ARRAY(SELECT p.customer_id FROM contacts p WHERE p.phone_index = known AND p.deleted_at IS NULL
            UNION SELECT c.id FROM customers c WHERE c.phone_index = known AND c.deleted_at IS NULL
            UNION SELECT g.customer_id FROM guests g WHERE g.phone_keys @> ARRAY[known] AND g.phone_keys <> '{}' AND g.customer_id IS NOT NULL);
    WHEN 'mail' THEN
        ids := ARRAY(SELECT p.customer_id FROM contacts p WHERE p.email_index = known AND p.deleted_at IS NULL
            UNION SELECT g.customer_id FROM guests g WHERE g.mail_key = known AND g.customer_id IS NOT NULL);
    WHEN 'union' THEN
        ids := ARRAY(SELECT DISTINCT g.customer_id FROM guests g WHERE g.union_key = known AND g.customer_id IS NOT NULL);
    WHEN 'shop' THEN
        ids := ARRAY(SELECT i.customer_id FROM customer_identities i WHERE i.kind = what AND i.key = known);
    ELSE
        ids := ARRAY(SELECT g.customer_id FROM guests g WHERE g.peer = convert_from(known, 'UTF8') AND g.customer_id IS NOT NULL);
    END CASE;
    RETURN ARRAY(SELECT c.id FROM customers c WHERE c.id = ANY (ids) AND c.deleted_at IS NULL ORDER BY c.id LIMIT 10);
END $$;
-- +goose StatementEnd

-- gendan_known_by tells whose a name is; null when it is nobody's, or several customers', of whom it tells nothing.
-- +goose StatementBegin
CREATE FUNCTION gendan_known_by(what text, known bytea) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    IF known IS NULL OR gendan_scope() = '' THEN
        RETURN NULL;
    END IF;
    ids := gendan_identity_holders(what, known);
    RETURN CASE WHEN cardinality(ids) = 1 THEN ids[1] END;
END $$;
-- +goose StatementEnd

-- gendan_propose_merge notes that two customers seem to be one, and has their owners asked; once for each pair.
-- +goose StatementBegin
CREATE FUNCTION gendan_propose_merge(a bigint, b bigint, what text, known bytea, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    proposal bigint;
BEGIN
    IF a = b THEN
        RETURN;
    END IF;
    INSERT INTO merge_proposals (first_id, other_id, kind, key, at) VALUES (least(a, b), greatest(a, b), what, known, gendan_propose_merge.at)
    ON CONFLICT DO NOTHING RETURNING id INTO proposal;
    IF proposal IS NOT NULL THEN
        WITH k AS (INSERT INTO outbox_keys (key) VALUES ('same:' || proposal) ON CONFLICT DO NOTHING RETURNING key)
        INSERT INTO outbox (platform, lane, peer, kind, subject, key) SELECT '', 'same:' || proposal, '', 'same', proposal, k.key FROM k;
    END IF;
END $$;
-- +goose StatementEnd

-- gendan_settle_identity brings a name to whoever has it now.
-- +goose StatementBegin
CREATE FUNCTION gendan_settle_identity(what text, known bytea, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids    bigint[];
    holder bigint;
    other  bigint;
BEGIN
    IF known IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO customer_identities (kind, key, customer_id, created_at)
    SELECT what, known, h.id, gendan_settle_identity.at FROM unnest(gendan_identity_holders(what, known)) h (id) LIMIT 1
    ON CONFLICT DO NOTHING;
    SELECT i.customer_id INTO holder FROM customer_identities i WHERE i.kind = what AND i.key = known FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    ids := gendan_identity_holders(what, known); -- once more: whoever was faster has committed by now
    IF cardinality(ids) = 0 THEN
        DELETE FROM customer_identities i WHERE i.kind = what AND i.key = known;
        RETURN;
    END IF;
    IF NOT holder = ANY (ids) THEN
        holder := ids[1];
        UPDATE customer_identities i SET customer_id = holder WHERE i.kind = what AND i.key = known;
    END IF;
    FOREACH other IN ARRAY ids LOOP
        PERFORM gendan_propose_merge(holder, other, what, known, gendan_settle_identity.at);
    END LOOP;
END $$;
-- +goose StatementEnd

-- gendan_identify notes a name that stands nowhere else: a shop's member number. It stays with whom it is, unless that
-- customer is no more.
-- +goose StatementBegin
CREATE FUNCTION gendan_identify(customer bigint, what text, known bytea, sealed bytea, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    holder bigint;
BEGIN
    IF gendan_scope() = '' THEN
        RETURN;
    END IF;
    INSERT INTO customer_identities AS i (kind, key, customer_id, value, created_at) VALUES (what, known, customer, sealed, gendan_identify.at)
    ON CONFLICT (kind, key) DO UPDATE SET customer_id = excluded.customer_id, value = excluded.value
        WHERE NOT EXISTS (SELECT FROM customers c WHERE c.id = i.customer_id AND c.deleted_at IS NULL);
    SELECT i.customer_id INTO holder FROM customer_identities i WHERE i.kind = what AND i.key = known;
    PERFORM gendan_propose_merge(holder, customer, what, known, gendan_identify.at);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION gendan_contact_known() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.phone_index IS DISTINCT FROM NEW.phone_index THEN
            PERFORM gendan_settle_identity('phone', OLD.phone_index, NEW.updated_at);
        END IF;
        IF OLD.email_index IS DISTINCT FROM NEW.email_index THEN
            PERFORM gendan_settle_identity('mail', OLD.email_index, NEW.updated_at);
        END IF;
    END IF;
    PERFORM gendan_settle_identity('phone', NEW.phone_index, NEW.updated_at);
    PERFORM gendan_settle_identity('mail', NEW.email_index, NEW.updated_at);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER contacts_known_new AFTER INSERT ON contacts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.phone_index IS NOT NULL OR NEW.email_index IS NOT NULL) EXECUTE FUNCTION gendan_contact_known();
CREATE CONSTRAINT TRIGGER contacts_known AFTER UPDATE OF phone_index, email_index, customer_id, deleted_at ON contacts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.phone_index, OLD.email_index, OLD.customer_id, OLD.deleted_at) IS DISTINCT FROM (NEW.phone_index, NEW.email_index, NEW.customer_id, NEW.deleted_at)
        AND NOT (OLD.phone_index IS NULL AND NEW.phone_index IS NULL AND OLD.email_index IS NULL AND NEW.email_index IS NULL))
    EXECUTE FUNCTION gendan_contact_known();

-- A customer that goes, or comes back, gives and takes all its names.
-- +goose StatementBegin
CREATE FUNCTION gendan_customer_known() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM gendan_settle_identity('phone', OLD.phone_index, NEW.updated_at);
        IF (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) THEN
            FOR part IN
                SELECT i.kind, i.key FROM customer_identities i WHERE i.customer_id = NEW.id AND i.kind <> 'shop'
                UNION SELECT 'phone', p.phone_index FROM contacts p WHERE p.customer_id = NEW.id AND p.deleted_at IS NULL
                UNION SELECT 'mail', p.email_index FROM contacts p WHERE p.customer_id = NEW.id AND p.deleted_at IS NULL
                UNION SELECT n.kind, n.key FROM guests g CROSS JOIN LATERAL gendan_guest_names(g) n WHERE g.customer_id = NEW.id
            LOOP
                PERFORM gendan_settle_identity(part.kind, part.key, NEW.updated_at);
            END LOOP;
        END IF;
    END IF;
    PERFORM gendan_settle_identity('phone', NEW.phone_index, NEW.updated_at);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER customers_known_new AFTER INSERT ON customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.phone_index IS NOT NULL) EXECUTE FUNCTION gendan_customer_known();
CREATE CONSTRAINT TRIGGER customers_known AFTER UPDATE OF phone_index, deleted_at ON customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.phone_index IS DISTINCT FROM NEW.phone_index OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)) EXECUTE FUNCTION gendan_customer_known();

-- gendan_guest_names are the names of a guest.
-- +goose StatementBegin
CREATE FUNCTION gendan_guest_names(g guests) RETURNS TABLE (kind text, key bytea)
LANGUAGE sql STABLE
AS $$
    SELECT g.platform, convert_to(g.peer, 'UTF8') WHERE g.platform IN ('kf', 'contact')
    UNION ALL SELECT 'union', g.union_key WHERE g.union_key IS NOT NULL
    UNION ALL SELECT 'phone', unnest(g.phone_keys)
    UNION ALL SELECT 'mail', g.mail_key WHERE g.mail_key IS NOT NULL
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION gendan_guest_known() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT * FROM gendan_guest_names(NEW) ORDER BY 1, 2 LOOP
        PERFORM gendan_settle_identity(part.kind, part.key, NEW.last_seen);
    END LOOP;
    IF TG_OP = 'UPDATE' THEN
        FOR part IN SELECT * FROM gendan_guest_names(OLD) EXCEPT SELECT * FROM gendan_guest_names(NEW) LOOP
            PERFORM gendan_settle_identity(part.kind, part.key, NEW.last_seen);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER guests_known_new AFTER INSERT ON guests DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.customer_id IS NOT NULL) EXECUTE FUNCTION gendan_guest_known();
CREATE CONSTRAINT TRIGGER guests_known AFTER UPDATE OF customer_id, union_key, phone_keys, mail_key ON guests DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.customer_id IS NOT NULL OR NEW.customer_id IS NOT NULL) AND
        (OLD.customer_id, OLD.union_key, OLD.phone_keys, OLD.mail_key) IS DISTINCT FROM (NEW.customer_id, NEW.union_key, NEW.phone_keys, NEW.mail_key))
    EXECUTE FUNCTION gendan_guest_known();

-- gendan_same_phone also knows the numbers of guests whose customer is known.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_same_phone(number bytea)
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
    UNION ALL
    SELECT DISTINCT 'customer', c.id, c.id, c.name, c.owner_id FROM guests g JOIN customers c ON c.id = g.customer_id AND c.deleted_at IS NULL
        WHERE g.phone_keys @> ARRAY[number] AND g.phone_keys <> '{}' AND gendan_scope() <> ''
            AND NOT EXISTS (SELECT FROM contacts p WHERE p.customer_id = c.id AND p.phone_index = number AND p.deleted_at IS NULL)
    LIMIT 10
$$;
-- +goose StatementEnd

-- What is known already; of two customers with the same name the older one has it.
INSERT INTO customer_identities (kind, key, customer_id)
SELECT DISTINCT ON (k.kind, k.key) k.kind, k.key, k.customer_id FROM (
    SELECT 'phone' AS kind, p.phone_index AS key, p.customer_id FROM contacts p WHERE p.phone_index IS NOT NULL AND p.deleted_at IS NULL
    UNION ALL SELECT 'mail', p.email_index, p.customer_id FROM contacts p WHERE p.email_index IS NOT NULL AND p.deleted_at IS NULL
    UNION ALL SELECT 'phone', c.phone_index, c.id FROM customers c WHERE c.phone_index IS NOT NULL
    UNION ALL SELECT n.kind, n.key, g.customer_id FROM guests g CROSS JOIN LATERAL gendan_guest_names(g) n WHERE g.customer_id IS NOT NULL) k
JOIN customers c ON c.id = k.customer_id AND c.deleted_at IS NULL
ORDER BY k.kind, k.key, k.customer_id
ON CONFLICT DO NOTHING;

REVOKE ALL ON FUNCTION gendan_identity_holders, gendan_known_by, gendan_propose_merge, gendan_settle_identity, gendan_identify, gendan_contact_known,
    gendan_customer_known, gendan_guest_names, gendan_guest_known FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_known_by, gendan_identify TO gendan_app;
