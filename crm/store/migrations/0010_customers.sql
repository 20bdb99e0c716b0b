-- Customers and their contacts. A firm's compared name (name_key) is unique, so that two people who type
-- the same firm at the same moment make one customer; people's names are not. What finds a customer by a
-- part of its name stands in terms (character pairs, sounds, near spellings), computed by the program and
-- indexed once. Phone, mail, WeChat and address are sealed; blind indexes find a number or its last four.

-- +goose Up
CREATE TABLE customers (
    id              bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    name            text COLLATE "C" NOT NULL CHECK (name <> ''),
    name_key        text COLLATE "C" NOT NULL,
    name_core       text COLLATE "C" NOT NULL,
    terms           text[] COLLATE "C" NOT NULL,
    person          boolean NOT NULL DEFAULT false,
    owner_id        bigint NOT NULL REFERENCES users,
    team_id         bigint REFERENCES teams,
    given_by        bigint REFERENCES users,
    collaborators   bigint[] NOT NULL DEFAULT '{}',
    industry        text NOT NULL DEFAULT '',
    region          text NOT NULL DEFAULT '',
    level           text NOT NULL DEFAULT '',
    source          text NOT NULL DEFAULT '',
    tags            text[] NOT NULL DEFAULT '{}',
    fields          jsonb NOT NULL DEFAULT '{}',
    phone           bytea,
    phone_index     bytea,
    phone_tail      bytea,
    address         bytea,
    last_contact_at timestamptz,
    next_contact_at timestamptz,
    next_contact    bytea,
    version         integer NOT NULL DEFAULT 1,
    created_by      bigint NOT NULL REFERENCES users,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz
);
CREATE UNIQUE INDEX customers_name_key ON customers (name_key, (CASE WHEN person THEN id ELSE 0 END)) WHERE deleted_at IS NULL;
CREATE INDEX customers_core ON customers (name_core) WHERE deleted_at IS NULL;
-- What is new waits in a list that every look-up reads through, by default up to 4 MB of it until a vacuum: 64 kB are nothing.
CREATE INDEX customers_terms ON customers USING gin (terms) WITH (gin_pending_list_limit = 64) WHERE deleted_at IS NULL;
CREATE INDEX customers_tags ON customers USING gin (tags) WITH (gin_pending_list_limit = 64) WHERE deleted_at IS NULL;
CREATE INDEX customers_collaborators ON customers USING gin (collaborators) WITH (gin_pending_list_limit = 64) WHERE deleted_at IS NULL;
CREATE INDEX customers_owner ON customers (owner_id, updated_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX customers_team ON customers (team_id, updated_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX customers_updated ON customers (updated_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX customers_next ON customers (owner_id, next_contact_at) WHERE deleted_at IS NULL AND next_contact_at IS NOT NULL;
CREATE INDEX customers_phone ON customers (phone_index) WHERE deleted_at IS NULL;

ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY customers_seen ON customers
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR owner_id = (SELECT gendan_actor())
        OR (SELECT gendan_actor()) = ANY (collaborators)
        OR ((SELECT gendan_scope()) = 'team' AND team_id = ANY ((SELECT gendan_teams())::bigint[])));
GRANT SELECT, INSERT, UPDATE ON customers TO gendan_app;

CREATE TABLE contacts (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id bigint NOT NULL REFERENCES customers,
    name        text NOT NULL CHECK (name <> ''),
    name_key    text COLLATE "C" NOT NULL,
    title       text NOT NULL DEFAULT '',
    birthday    text NOT NULL DEFAULT '',
    phone       bytea,
    phone_index bytea,
    phone_tail  bytea,
    email       bytea,
    email_index bytea,
    wechat      bytea,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint NOT NULL REFERENCES users,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX contacts_customer ON contacts (customer_id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_name ON contacts (name_key) WHERE deleted_at IS NULL;
CREATE INDEX contacts_phone ON contacts (phone_index) WHERE deleted_at IS NULL;
CREATE INDEX contacts_tail ON contacts (phone_tail) WHERE deleted_at IS NULL;

ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
CREATE POLICY contacts_seen ON contacts
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = contacts.customer_id));
GRANT SELECT, INSERT, UPDATE ON contacts TO gendan_app;
