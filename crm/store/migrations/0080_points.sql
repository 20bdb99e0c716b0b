-- Points and tiers. The ledger is only ever added to; the account beside it is what it adds up to, and every change of it is
-- made with the account's row locked, in the statement that adds the entry. What is left of the points stands by the day
-- on which it ends, in the row itself: whoever waited for the lock then sees all of it. seq numbers a customer's entries, so
-- that two that were made of one state of the account cannot both be kept.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_sum(bigint[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(sum(x), 0)::bigint FROM unnest($1) x $$;
-- +goose StatementEnd

CREATE TABLE points_accounts (
    customer_id bigint PRIMARY KEY REFERENCES customers,
    member      boolean NOT NULL DEFAULT false,
    joined_at   timestamptz,
    joined_kind text NOT NULL DEFAULT '',          -- of the purchase that made them a member
    joined_id   bigint NOT NULL DEFAULT 0,
    balance     bigint NOT NULL DEFAULT 0 CHECK (balance >= 0),
    owed        bigint NOT NULL DEFAULT 0 CHECK (owed >= 0),
    earned      bigint NOT NULL DEFAULT 0,         -- by purchases, in all time
    ends        date[] NOT NULL DEFAULT '{}',      -- last days of what is left, ascending
    lefts       bigint[] NOT NULL DEFAULT '{}',    -- and how much that is
    next_end    date,                              -- the first of them; null when nothing ends
    warn_on     date,                              -- when to tell the customer that points end
    warned      date,                              -- of what ends up to here it was told
    tier        text NOT NULL DEFAULT '',          -- '' is the first
    tier_until  date,
    tier_warn_on date,
    tier_warned boolean NOT NULL DEFAULT false,
    seq         integer NOT NULL DEFAULT 0,        -- of the last entry
    version     integer NOT NULL DEFAULT 1,        -- of the membership
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (cardinality(ends) = cardinality(lefts) AND gendan_sum(lefts) = balance AND (balance = 0 OR owed = 0)),
    CHECK (0 < ALL (lefts))
);
CREATE INDEX points_accounts_end ON points_accounts (next_end, customer_id) WHERE next_end IS NOT NULL;
CREATE INDEX points_accounts_warn ON points_accounts (warn_on, customer_id) WHERE warn_on IS NOT NULL;
CREATE INDEX points_accounts_tier_until ON points_accounts (tier_until, customer_id) WHERE tier_until IS NOT NULL;
CREATE INDEX points_accounts_tier_warn ON points_accounts (tier_warn_on, customer_id) WHERE tier_warn_on IS NOT NULL;
CREATE INDEX points_accounts_tier ON points_accounts (tier, customer_id) WHERE tier <> '';

ALTER TABLE points_accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY points_accounts_seen ON points_accounts
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = points_accounts.customer_id));
GRANT SELECT, INSERT, UPDATE ON points_accounts TO gendan_app;

CREATE TABLE points_ledger (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('earn', 'adjust', 'redeem', 'expire', 'refund')),
    points      bigint NOT NULL,                   -- signed; they add up to the balance
    owed        bigint NOT NULL,                   -- signed; they add up to what is owed
    balance     bigint NOT NULL CHECK (balance >= 0), -- after it
    ends        date[] NOT NULL,                   -- the lots that it touched
    parts       bigint[] NOT NULL,                 -- and by how much, signed
    source_kind text NOT NULL DEFAULT '',
    source_id   bigint NOT NULL DEFAULT 0,
    reverses    bigint REFERENCES points_ledger,
    amount      bigint NOT NULL DEFAULT 0,         -- fen of the purchase, negative when it was taken back
    counts      date,                              -- the day on which that counts for the tier
    user_id     bigint REFERENCES users,           -- null: the service
    gift        text NOT NULL DEFAULT '',
    gifts       integer NOT NULL DEFAULT 0,        -- how many of it, negative when they came back
    note        bytea,                             -- sealed
    key         text COLLATE "C",
    CHECK (cardinality(ends) = cardinality(parts) AND gendan_sum(parts) = points),
    UNIQUE (customer_id, seq)
);
CREATE UNIQUE INDEX points_ledger_key ON points_ledger (key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX points_ledger_reverses ON points_ledger (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX points_ledger_source ON points_ledger (source_kind, source_id) WHERE source_id <> 0;
CREATE INDEX points_ledger_counts ON points_ledger (customer_id, counts) INCLUDE (amount, points, owed) WHERE counts IS NOT NULL;

ALTER TABLE points_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY points_ledger_seen ON points_ledger
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = points_ledger.customer_id));
GRANT SELECT, INSERT ON points_ledger TO gendan_app;

-- Filters ask the facts who is a member.
-- +goose StatementBegin
CREATE FUNCTION gendan_points_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE customer_facts SET member = NEW.member WHERE customer_id = NEW.customer_id AND member <> NEW.member;
    INSERT INTO customer_changes (customer_id) VALUES (NEW.customer_id); -- the tier, too, can be asked for
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER points_accounts_new AFTER INSERT ON points_accounts FOR EACH ROW WHEN (NEW.member) EXECUTE FUNCTION gendan_points_member();
CREATE TRIGGER points_accounts_member AFTER UPDATE ON points_accounts FOR EACH ROW WHEN ((OLD.member, OLD.tier) IS DISTINCT FROM (NEW.member, NEW.tier))
    EXECUTE FUNCTION gendan_points_member();

CREATE TABLE points_tiers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    at          timestamptz NOT NULL,
    why         text NOT NULL CHECK (why IN ('raise', 'keep', 'fall', 'back')),
    from_tier   text NOT NULL,
    from_until  date,
    to_tier     text NOT NULL,
    to_until    date,
    source_kind text NOT NULL DEFAULT '',
    source_id   bigint NOT NULL DEFAULT 0
);
CREATE INDEX points_tiers_customer ON points_tiers (customer_id, id);
ALTER TABLE points_tiers ENABLE ROW LEVEL SECURITY;
CREATE POLICY points_tiers_seen ON points_tiers
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR EXISTS (SELECT FROM customers c WHERE c.id = points_tiers.customer_id));
GRANT SELECT, INSERT ON points_tiers TO gendan_app;

-- How many of a gift are gone; how many there are says the pack.
CREATE TABLE points_gifts (
    name  text PRIMARY KEY,
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0)
);
ALTER TABLE points_gifts ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON points_gifts USING (gendan_scope() <> '');
GRANT SELECT, INSERT, UPDATE ON points_gifts TO gendan_app;
