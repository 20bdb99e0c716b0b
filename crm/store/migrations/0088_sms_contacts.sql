-- Text messages: how many each number had today, whichever process sent them. Numbers stand as blind indexes. And since when a
-- colleague knows of a contact, so that they hear of it once.

-- +goose Up
CREATE TABLE sms_days (
    number bytea NOT NULL,                               -- blind index
    day    date NOT NULL,                                -- in the company's zone
    sent   text[] COLLATE "C" NOT NULL DEFAULT '{}',     -- keys of the messages: the same one counts once
    PRIMARY KEY (number, day)
);
ALTER TABLE sms_days ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON sms_days USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, INSERT, UPDATE ON sms_days TO gendan_app;

-- gendan_forget_sms_days sweeps what counts no more.
-- +goose StatementBegin
CREATE FUNCTION gendan_forget_sms_days(before date) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM sms_days WHERE day < before AND gendan_scope() = 'system'
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_forget_sms_days FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_forget_sms_days TO gendan_app;

-- What the provider said of a message after it had taken it, by the key of the message.
CREATE TABLE sms_receipts (
    key     text COLLATE "C" PRIMARY KEY,
    ok      boolean NOT NULL,
    code    text NOT NULL DEFAULT '',
    at      timestamptz NOT NULL
);
ALTER TABLE sms_receipts ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON sms_receipts USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, INSERT ON sms_receipts TO gendan_app;

ALTER TABLE guests ADD COLUMN told_since timestamptz;
