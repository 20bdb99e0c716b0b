-- What is known of each customer from everything below it, in one row: filters, segments, rules and models read this row and
-- add nothing up. Triggers keep it in the transaction of the change, for the customers it concerns and no others; a statement
-- that writes ten thousand orders is one recount. Whoever counts locks the rows first and reads after that, so that of two
-- orders at the same moment neither is lost. rfm and its scores come from rfm_rules; due says when time alone changes them.
-- The customer's own columns that filters ask for stand here once more: the row is a third of the customer's, so that a look
-- at a million of them reads 200 MB. What changes often (quiet_since) has no index here, so that its change is written in place.

-- +goose Up
CREATE TABLE customer_facts (
    customer_id  bigint PRIMARY KEY REFERENCES customers,
    orders       integer NOT NULL DEFAULT 0,       -- orders, and won deals
    spent        bigint NOT NULL DEFAULT 0,        -- fen
    first_order  timestamptz,
    last_order   timestamptz,
    order_since  timestamptz NOT NULL,             -- last_order, else when the customer came to us
    products     bigint[] NOT NULL DEFAULT '{}',   -- what was bought, each once, in the order of their numbers
    regular      bigint[] NOT NULL DEFAULT '{}',   -- of these, what was bought often enough to be a liking
    birthdays    text[] NOT NULL DEFAULT '{}',     -- MM-DD: the customer's own and its contacts'
    member       boolean NOT NULL DEFAULT false,
    r            smallint NOT NULL DEFAULT 0,      -- 1 to 5; 0: nothing bought
    f            smallint NOT NULL DEFAULT 0,
    m            smallint NOT NULL DEFAULT 0,
    rfm          text NOT NULL DEFAULT '',         -- the pack's name of it
    due          timestamptz,                      -- when r falls unless something is bought
    open_tickets integer NOT NULL DEFAULT 0,
    complaints   integer NOT NULL DEFAULT 0,       -- tickets of that kind, open or closed
    owner_id     bigint NOT NULL,                  -- from here on as in customers
    level        text NOT NULL,
    industry     text NOT NULL,
    region       text NOT NULL,
    source       text NOT NULL,
    tags         text[] NOT NULL,
    quiet_since  timestamptz NOT NULL,             -- the last contact, else when the customer came to us
    gone         boolean NOT NULL DEFAULT false,   -- deleted
    updated_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 85);
CREATE INDEX customer_facts_due ON customer_facts (due, customer_id) WHERE due IS NOT NULL;
CREATE INDEX customer_facts_order ON customer_facts (order_since, customer_id);
CREATE INDEX customer_facts_products ON customer_facts USING gin (products) WITH (gin_pending_list_limit = 64) WHERE products <> '{}';
CREATE INDEX customer_facts_birthdays ON customer_facts USING gin (birthdays) WITH (gin_pending_list_limit = 64) WHERE birthdays <> '{}';
CREATE INDEX customers_quiet ON customers ((coalesce(last_contact_at, created_at)), id) WHERE deleted_at IS NULL;
ALTER TABLE customer_facts ENABLE ROW LEVEL SECURITY;
CREATE POLICY customer_facts_seen ON customer_facts
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = customer_facts.customer_id));
GRANT SELECT ON customer_facts TO gendan_app;
GRANT UPDATE (member) ON customer_facts TO gendan_app; -- whoever keeps members says so here

-- Every change of what a filter can ask, by transaction: saved segments look again at these customers only.
CREATE TABLE customer_changes (
    tx          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    customer_id bigint NOT NULL
);
CREATE INDEX customer_changes_tx ON customer_changes (tx, customer_id);
ALTER TABLE customer_changes ENABLE ROW LEVEL SECURITY; -- nobody's: functions only

-- How customers are told apart by when they last bought (recency: days), how often (frequency: orders) and for how much
-- (money: fen). Four limits make five marks. A band takes who lies in all its spans; the first one that fits names them.
-- regular is how many purchases of a product show a liking.
CREATE TABLE rfm_rules (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    rules jsonb NOT NULL
);
INSERT INTO rfm_rules (rules) VALUES ('{"recency":[30,90,180,365],"frequency":[2,3,5,10],"money":[50000,200000,1000000,5000000],"regular":3,
    "bands":[{"name":"新客","r":[4,5],"f":[1,1]},{"name":"高价值","r":[4,5],"m":[4,5]},{"name":"忠诚","r":[4,5],"f":[4,5]},
        {"name":"潜力","r":[4,5]},{"name":"沉睡","r":[2,3]},{"name":"流失","r":[1,1]}]}');
ALTER TABLE rfm_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON rfm_rules USING (gendan_scope() <> '');
GRANT SELECT, UPDATE ON rfm_rules TO gendan_app;

CREATE TABLE rfm_log (
    customer_id bigint NOT NULL REFERENCES customers,
    at          timestamptz NOT NULL,
    r           smallint NOT NULL,
    f           smallint NOT NULL,
    m           smallint NOT NULL,
    rfm         text NOT NULL,
    was         text NOT NULL,
    nr          bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (customer_id, nr)
);
CREATE INDEX rfm_log_at ON rfm_log (at, customer_id) WHERE rfm <> was;
ALTER TABLE rfm_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY rfm_log_seen ON rfm_log
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = rfm_log.customer_id));
GRANT SELECT ON rfm_log TO gendan_app;

-- gendan_mark is the mark from 1 to 5 that a value gets by four rising limits.
-- +goose StatementBegin
CREATE FUNCTION gendan_mark(limits jsonb, value numeric) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1 + (value >= (limits->0)::numeric)::int + (value >= (limits->1)::numeric)::int + (value >= (limits->2)::numeric)::int
    + (value >= (limits->3)::numeric)::int)::smallint $$;
-- +goose StatementEnd

-- gendan_rfm marks and names a customer at a time; due is when recency falls by one.
-- +goose StatementBegin
CREATE FUNCTION gendan_rfm(rules jsonb, orders integer, spent bigint, last_order timestamptz, at timestamptz,
    OUT r smallint, OUT f smallint, OUT m smallint, OUT rfm text, OUT due timestamptz)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    band jsonb;
    days numeric;
BEGIN
    r := 0; f := 0; m := 0; rfm := '';
    IF orders = 0 OR last_order IS NULL THEN
        RETURN;
    END IF;
    days := extract(epoch FROM at - last_order) / 86400;
    r := 6 - gendan_mark(rules->'recency', days);
    f := gendan_mark(rules->'frequency', orders);
    m := gendan_mark(rules->'money', spent);
    IF r > 1 THEN
        due := last_order + make_interval(days => (rules->'recency'->(5 - r))::int);
    END IF;
    FOR band IN SELECT jsonb_array_elements(rules->'bands') LOOP
        IF r BETWEEN coalesce((band->'r'->0)::int, 1) AND coalesce((band->'r'->1)::int, 5)
            AND f BETWEEN coalesce((band->'f'->0)::int, 1) AND coalesce((band->'f'->1)::int, 5)
            AND m BETWEEN coalesce((band->'m'->0)::int, 1) AND coalesce((band->'m'->1)::int, 5) THEN
            rfm := band->>'name';
            RETURN;
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

-- gendan_count_purchases counts again how often customers bought, when and for how much.
-- +goose StatementBegin
CREATE FUNCTION gendan_count_purchases(customers bigint[], now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    bands jsonb := (SELECT rules FROM rfm_rules);
BEGIN
    PERFORM FROM customer_facts f WHERE f.customer_id = ANY (customers) ORDER BY f.customer_id FOR NO KEY UPDATE;
    WITH bought AS (
        SELECT o.customer_id, o.at, o.amount FROM orders o WHERE o.customer_id = ANY (customers) AND o.deleted_at IS NULL
        UNION ALL
        SELECT d.customer_id, coalesce(d.closed_at, d.updated_at), d.amount FROM deals d
        WHERE d.customer_id = ANY (customers) AND d.state = 'won' AND d.deleted_at IS NULL
    ), sums AS (
        SELECT b.customer_id, count(*)::int AS orders, sum(b.amount)::bigint AS spent, min(b.at) AS first_order, max(b.at) AS last_order
        FROM bought b GROUP BY b.customer_id
    ), new AS (
        SELECT f.customer_id, f.rfm AS was, f.r AS was_r, f.f AS was_f, f.m AS was_m, coalesce(s.orders, 0) AS orders, coalesce(s.spent, 0) AS spent,
            s.first_order, s.last_order, coalesce(s.last_order, c.created_at) AS order_since, x.*
        FROM customer_facts f JOIN customers c ON c.id = f.customer_id
        LEFT JOIN sums s ON s.customer_id = f.customer_id
        CROSS JOIN LATERAL gendan_rfm(bands, coalesce(s.orders, 0), coalesce(s.spent, 0), s.last_order, now) x
        WHERE f.customer_id = ANY (customers)
    ), told AS (
        INSERT INTO customer_changes (customer_id) SELECT customer_id FROM new
    ), logged AS (
        INSERT INTO rfm_log (customer_id, at, r, f, m, rfm, was)
        SELECT n.customer_id, now, n.r, n.f, n.m, n.rfm, n.was FROM new n WHERE (n.r, n.f, n.m, n.rfm) IS DISTINCT FROM (n.was_r, n.was_f, n.was_m, n.was)
    )
    UPDATE customer_facts f
    SET orders = n.orders, spent = n.spent, first_order = n.first_order, last_order = n.last_order, order_since = n.order_since,
        r = n.r, f = n.f, m = n.m, rfm = n.rfm, due = n.due, updated_at = now
    FROM new n WHERE f.customer_id = n.customer_id;
END $$;
-- +goose StatementEnd

-- gendan_count_products gathers again what customers bought.
-- +goose StatementBegin
CREATE FUNCTION gendan_count_products(customers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    bands jsonb := (SELECT rules FROM rfm_rules);
BEGIN
    PERFORM FROM customer_facts f WHERE f.customer_id = ANY (customers) ORDER BY f.customer_id FOR NO KEY UPDATE;
    WITH things AS (
        SELECT t.customer_id, array_agg(t.product_id ORDER BY t.product_id) AS products,
            coalesce(array_agg(t.product_id ORDER BY t.product_id) FILTER (WHERE t.times >= (bands->'regular')::int), '{}') AS regular
        FROM (SELECT l.customer_id, l.product_id, count(DISTINCT l.purchase) AS times FROM (
            SELECT o.customer_id, i.product_id, o.id AS purchase FROM orders o JOIN order_items i ON i.order_id = o.id
            WHERE o.customer_id = ANY (customers) AND o.deleted_at IS NULL AND i.product_id IS NOT NULL
            UNION ALL
            SELECT d.customer_id, p.id, d.id FROM deals d JOIN products p ON p.name_key = gendan_product_key(d.product) AND p.deleted_at IS NULL
            WHERE d.customer_id = ANY (customers) AND d.state = 'won' AND d.deleted_at IS NULL AND d.product <> ''
        ) l GROUP BY l.customer_id, l.product_id) t GROUP BY t.customer_id
    ), new AS (
        SELECT f.customer_id, coalesce(t.products, '{}') AS products, coalesce(t.regular, '{}') AS regular
        FROM customer_facts f LEFT JOIN things t ON t.customer_id = f.customer_id
        WHERE f.customer_id = ANY (customers) AND (f.products, f.regular) IS DISTINCT FROM (coalesce(t.products, '{}'), coalesce(t.regular, '{}'))
    ), told AS (
        INSERT INTO customer_changes (customer_id) SELECT customer_id FROM new
    )
    UPDATE customer_facts f SET products = n.products, regular = n.regular FROM new n WHERE f.customer_id = n.customer_id;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION gendan_orders_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[];
    at  timestamptz;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.customer_id), max(n.updated_at) INTO ids, at FROM new_rows n;
    ELSE
        SELECT array_agg(DISTINCT x.customer_id), max(x.updated_at) INTO ids, at FROM (
            SELECT v.customer_id, n.updated_at FROM new_rows n JOIN old_rows o ON o.id = n.id CROSS JOIN LATERAL (VALUES (n.customer_id), (o.customer_id)) v (customer_id)
            WHERE (n.customer_id, n.at, n.amount, n.deleted_at) IS DISTINCT FROM (o.customer_id, o.at, o.amount, o.deleted_at)) x;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM gendan_count_purchases(ids, at);
        IF TG_OP = 'UPDATE' THEN -- lines come after their order
            PERFORM gendan_count_products(ids);
        END IF;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orders_added AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION gendan_orders_written();
CREATE TRIGGER orders_changed AFTER UPDATE ON orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION gendan_orders_written();

-- +goose StatementBegin
CREATE FUNCTION gendan_items_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[] := ARRAY(SELECT DISTINCT o.customer_id FROM new_rows n JOIN orders o ON o.id = n.order_id WHERE o.deleted_at IS NULL AND n.product_id IS NOT NULL);
BEGIN
    IF cardinality(ids) > 0 THEN
        PERFORM gendan_count_products(ids);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER order_items_added AFTER INSERT ON order_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION gendan_items_written();

-- Deals change at every step of a sale; only won ones are purchases, and the condition tells without a call.
-- +goose StatementBegin
CREATE FUNCTION gendan_deal_won() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ids bigint[] := ARRAY[NEW.customer_id];
BEGIN
    IF gendan_product_key(NEW.product) <> '' THEN
        INSERT INTO products (name) VALUES (NEW.product) ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.customer_id <> NEW.customer_id THEN
        ids := ids || OLD.customer_id;
    END IF;
    PERFORM gendan_count_purchases(ids, NEW.updated_at);
    PERFORM gendan_count_products(ids);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER deals_won_new AFTER INSERT ON deals FOR EACH ROW WHEN (NEW.state = 'won') EXECUTE FUNCTION gendan_deal_won();
CREATE TRIGGER deals_won AFTER UPDATE ON deals FOR EACH ROW
    WHEN ((OLD.state = 'won' OR NEW.state = 'won') AND (OLD.state, OLD.customer_id, OLD.amount, OLD.product, OLD.closed_at, OLD.deleted_at)
        IS DISTINCT FROM (NEW.state, NEW.customer_id, NEW.amount, NEW.product, NEW.closed_at, NEW.deleted_at))
    EXECUTE FUNCTION gendan_deal_won();

-- +goose StatementBegin
CREATE FUNCTION gendan_deal_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO customer_changes (customer_id) VALUES (NEW.customer_id);
    IF TG_OP = 'UPDATE' AND OLD.customer_id <> NEW.customer_id THEN
        INSERT INTO customer_changes (customer_id) VALUES (OLD.customer_id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER deals_new AFTER INSERT ON deals FOR EACH ROW EXECUTE FUNCTION gendan_deal_moved();
CREATE TRIGGER deals_moved AFTER UPDATE ON deals FOR EACH ROW
    WHEN ((OLD.state, OLD.stage, OLD.customer_id, OLD.deleted_at) IS DISTINCT FROM (NEW.state, NEW.stage, NEW.customer_id, NEW.deleted_at))
    EXECUTE FUNCTION gendan_deal_moved();

-- A customer's row of facts begins with it.
-- +goose StatementBegin
CREATE FUNCTION gendan_customers_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO customer_facts (customer_id, order_since, owner_id, level, industry, region, source, tags, quiet_since, gone, updated_at)
    SELECT n.id, n.created_at, n.owner_id, n.level, n.industry, n.region, n.source, n.tags, coalesce(n.last_contact_at, n.created_at),
        n.deleted_at IS NOT NULL, n.created_at FROM new_rows n;
    INSERT INTO customer_changes (customer_id) SELECT n.id FROM new_rows n;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER customers_added AFTER INSERT ON customers REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION gendan_customers_added();

-- gendan_count_birthdays gathers the birthdays of a customer and its contacts.
-- +goose StatementBegin
CREATE FUNCTION gendan_count_birthdays(customer bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO customer_changes (customer_id) VALUES (customer);
    UPDATE customer_facts f SET birthdays = ARRAY(
        SELECT DISTINCT right(b.day, 5) FROM (
            SELECT p.birthday AS day FROM contacts p WHERE p.customer_id = customer AND p.deleted_at IS NULL
            UNION ALL SELECT c.fields->>'生日' FROM customers c WHERE c.id = customer) b
        WHERE b.day ~ '^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$' ORDER BY 1)
    WHERE f.customer_id = customer;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION gendan_birthday_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM gendan_count_birthdays(NEW.customer_id);
    IF TG_OP = 'UPDATE' AND OLD.customer_id <> NEW.customer_id THEN
        PERFORM gendan_count_birthdays(OLD.customer_id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER contacts_birthday_new AFTER INSERT ON contacts FOR EACH ROW WHEN (NEW.birthday <> '') EXECUTE FUNCTION gendan_birthday_written();
CREATE TRIGGER contacts_birthday AFTER UPDATE ON contacts FOR EACH ROW
    WHEN ((OLD.birthday <> '' OR NEW.birthday <> '') AND (OLD.birthday, OLD.customer_id, OLD.deleted_at) IS DISTINCT FROM (NEW.birthday, NEW.customer_id, NEW.deleted_at))
    EXECUTE FUNCTION gendan_birthday_written();

-- +goose StatementBegin
CREATE FUNCTION gendan_customer_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE customer_facts SET owner_id = NEW.owner_id, level = NEW.level, industry = NEW.industry, region = NEW.region, source = NEW.source, tags = NEW.tags,
        quiet_since = coalesce(NEW.last_contact_at, NEW.created_at), gone = NEW.deleted_at IS NOT NULL
    WHERE customer_id = NEW.id;
    IF OLD.fields->'生日' IS DISTINCT FROM NEW.fields->'生日' THEN
        PERFORM gendan_count_birthdays(NEW.id);
    ELSE
        INSERT INTO customer_changes (customer_id) VALUES (NEW.id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER customers_changed AFTER UPDATE ON customers FOR EACH ROW
    WHEN ((OLD.owner_id, OLD.level, OLD.industry, OLD.region, OLD.source, OLD.tags, OLD.fields, OLD.last_contact_at, OLD.deleted_at)
        IS DISTINCT FROM (NEW.owner_id, NEW.level, NEW.industry, NEW.region, NEW.source, NEW.tags, NEW.fields, NEW.last_contact_at, NEW.deleted_at))
    EXECUTE FUNCTION gendan_customer_changed();

-- +goose StatementBegin
CREATE FUNCTION gendan_member_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ BEGIN INSERT INTO customer_changes (customer_id) VALUES (NEW.customer_id); RETURN NULL; END $$;
-- +goose StatementEnd
CREATE TRIGGER customer_facts_member AFTER UPDATE OF member ON customer_facts FOR EACH ROW WHEN (OLD.member <> NEW.member) EXECUTE FUNCTION gendan_member_changed();

-- Tickets are counted up and down: many come and go, and each is one step.
-- +goose StatementBegin
CREATE FUNCTION gendan_ticket_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.customer_id IS NOT NULL AND OLD.deleted_at IS NULL AND (OLD.state <> 'closed' OR OLD.kind = '投诉') THEN
        UPDATE customer_facts SET open_tickets = open_tickets - (OLD.state <> 'closed')::int, complaints = complaints - (OLD.kind = '投诉')::int
        WHERE customer_id = OLD.customer_id;
    END IF;
    IF NEW.customer_id IS NOT NULL AND NEW.deleted_at IS NULL AND (NEW.state <> 'closed' OR NEW.kind = '投诉') THEN
        UPDATE customer_facts SET open_tickets = open_tickets + (NEW.state <> 'closed')::int, complaints = complaints + (NEW.kind = '投诉')::int
        WHERE customer_id = NEW.customer_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tickets_counted_new AFTER INSERT ON tickets FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL) EXECUTE FUNCTION gendan_ticket_counted();
CREATE TRIGGER tickets_counted AFTER UPDATE ON tickets FOR EACH ROW
    WHEN ((OLD.customer_id, OLD.state = 'closed', OLD.kind, OLD.deleted_at) IS DISTINCT FROM (NEW.customer_id, NEW.state = 'closed', NEW.kind, NEW.deleted_at))
    EXECUTE FUNCTION gendan_ticket_counted();

REVOKE ALL ON FUNCTION gendan_count_purchases, gendan_count_products, gendan_count_birthdays FROM PUBLIC;

-- What is there already.
INSERT INTO customer_facts (customer_id, order_since, owner_id, level, industry, region, source, tags, quiet_since, gone, birthdays, open_tickets, complaints)
SELECT c.id, c.created_at, c.owner_id, c.level, c.industry, c.region, c.source, c.tags, coalesce(c.last_contact_at, c.created_at), c.deleted_at IS NOT NULL,
    ARRAY(SELECT DISTINCT right(b.day, 5) FROM (
        SELECT p.birthday AS day FROM contacts p WHERE p.customer_id = c.id AND p.deleted_at IS NULL UNION ALL SELECT c.fields->>'生日') b
        WHERE b.day ~ '^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$' ORDER BY 1),
    (SELECT count(*) FROM tickets t WHERE t.customer_id = c.id AND t.deleted_at IS NULL AND t.state <> 'closed'),
    (SELECT count(*) FROM tickets t WHERE t.customer_id = c.id AND t.deleted_at IS NULL AND t.kind = '投诉')
FROM customers c;
SELECT gendan_count_purchases(ARRAY(SELECT customer_id FROM orders UNION SELECT customer_id FROM deals WHERE state = 'won' ORDER BY 1), now());
SELECT gendan_count_products(ARRAY(SELECT customer_id FROM orders UNION SELECT customer_id FROM deals WHERE state = 'won' ORDER BY 1));

-- How a customer is known elsewhere: in a shop, by a platform, by phone or mail. One such name is one customer.
CREATE TABLE customer_identities (
    kind        text NOT NULL CHECK (kind IN ('shop', 'contact', 'phone', 'mail', 'kf')),
    key         bytea NOT NULL,                -- a blind index of the value
    customer_id bigint NOT NULL REFERENCES customers,
    value       bytea NOT NULL,                -- sealed
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, key)
);
CREATE INDEX customer_identities_customer ON customer_identities (customer_id);
ALTER TABLE customer_identities ENABLE ROW LEVEL SECURITY;
CREATE POLICY customer_identities_seen ON customer_identities
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = customer_identities.customer_id));
GRANT SELECT, INSERT, UPDATE ON customer_identities TO gendan_app;
