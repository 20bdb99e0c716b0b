-- Customers who write by mail, form or message (SMS), or for whom another program writes: where they are reached, how a
-- customer sees how a ticket stands, and which mail belongs to which ticket. Addresses are sealed, links and message ids
-- kept as hashes only.

-- +goose Up
CREATE TABLE guest_addresses (
    guest_id bigint PRIMARY KEY REFERENCES guests,
    address  bytea NOT NULL                       -- sealed: a phone number or a mail address
);
CREATE TABLE ticket_links (
    hash       bytea PRIMARY KEY,                 -- SHA-256 of a token of 128 random bits
    ticket_id  bigint NOT NULL REFERENCES tickets,
    expires_at timestamptz NOT NULL
);
CREATE TABLE mail_messages (
    hash      bytea PRIMARY KEY,                  -- blind index of the Message-ID
    ticket_id bigint NOT NULL REFERENCES tickets,
    subject   bytea,                              -- sealed
    name      bytea,                              -- sealed: the Message-ID itself, to answer to
    ours      boolean NOT NULL,
    at        timestamptz NOT NULL
);
CREATE INDEX mail_messages_ticket ON mail_messages (ticket_id, at);

ALTER TABLE guest_addresses ENABLE ROW LEVEL SECURITY;
ALTER TABLE ticket_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY guest_addresses_seen ON guest_addresses
    USING ((SELECT gendan_scope()) IN ('all', 'system') OR EXISTS (SELECT FROM guests g WHERE g.id = guest_addresses.guest_id));
CREATE POLICY service ON ticket_links USING ((SELECT gendan_scope()) = 'system');
CREATE POLICY service ON mail_messages USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, INSERT, UPDATE ON guest_addresses, ticket_links, mail_messages TO gendan_app;

-- What a customer or another program causes is written down by nobody of the company.
ALTER TABLE leads ALTER COLUMN created_by DROP NOT NULL;
ALTER TABLE activities ALTER COLUMN user_id DROP NOT NULL;
