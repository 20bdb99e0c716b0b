-- What customers buy and what of it we look after. Orders are not changed, only taken back; with the won deals they are
-- the purchase history. A device's serial number names one device in the whole company, so it is compared in one form
-- (serial_key); the ends of warranty and life are computed when it is registered, and stand here.

-- +goose Up
CREATE TABLE orders (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id bigint NOT NULL REFERENCES customers,
    owner_id    bigint NOT NULL REFERENCES users,
    product     text NOT NULL DEFAULT '',
    quantity    numeric NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    amount      bigint NOT NULL DEFAULT 0 CHECK (amount >= 0), -- fen
    at          timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint NOT NULL REFERENCES users,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX orders_customer ON orders (customer_id, at DESC) WHERE deleted_at IS NULL;
CREATE INDEX orders_updated ON orders (updated_at);

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY orders_seen ON orders
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = orders.customer_id));
GRANT SELECT, INSERT, UPDATE ON orders TO gendan_app;

CREATE TABLE devices (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id bigint NOT NULL REFERENCES customers,
    serial      text NOT NULL,
    serial_key  text COLLATE "C" NOT NULL CHECK (serial_key <> ''),
    product     text NOT NULL DEFAULT '',
    bought      date,
    installed   date,
    warranty    date,     -- the last day of it
    life        date,     -- when it should be replaced
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint NOT NULL REFERENCES users,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE UNIQUE INDEX devices_serial ON devices (serial_key) WHERE deleted_at IS NULL;
CREATE INDEX devices_customer ON devices (customer_id, id) WHERE deleted_at IS NULL;

ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
CREATE POLICY devices_seen ON devices
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = devices.customer_id));
GRANT SELECT, INSERT, UPDATE ON devices TO gendan_app;

INSERT INTO record_kinds VALUES ('order', 'orders', 'r.product'), ('device', 'devices', 'r.serial');

-- gendan_device_holder tells whose the device of a serial number is, seen or not: the customer's name and its owner, so
-- that a serial number is registered once, and whoever asks is sent to the right colleague.
-- +goose StatementBegin
CREATE FUNCTION gendan_device_holder(key text)
RETURNS TABLE (device bigint, customer bigint, known_as text, owner text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT d.id, c.id, c.name, u.name FROM devices d JOIN customers c ON c.id = d.customer_id JOIN users u ON u.id = c.owner_id
        WHERE d.serial_key = key AND d.deleted_at IS NULL AND gendan_scope() <> ''
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_device_holder FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_device_holder TO gendan_app;

CREATE INDEX tickets_device ON tickets (device_id) WHERE device_id IS NOT NULL AND deleted_at IS NULL;
