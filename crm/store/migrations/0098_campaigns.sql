-- Campaigns (推广): what is spent on them, the links by which people come, who came, and what they bought. What a campaign costs
-- is only ever added; a mistake is taken back by an entry against it. Links and clicks of a customer are seen by whoever sees
-- the customer; counts and sums are the company's, and told to all colleagues: a return computed from a part of the orders and
-- all of the cost would be wrong.

-- +goose Up
CREATE TABLE campaigns (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    name       text NOT NULL CHECK (name <> ''),
    name_key   text COLLATE "C" NOT NULL,
    budget     bigint NOT NULL DEFAULT 0 CHECK (budget >= 0), -- fen; 0 is not set
    channel    text NOT NULL DEFAULT '',
    filter     jsonb NOT NULL DEFAULT '{}',                   -- as it was said
    starts_on  date,
    ends_on    date,                                          -- the last day
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'stopped')),
    version    integer NOT NULL DEFAULT 1,
    created_by bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX campaigns_name ON campaigns (name_key) WHERE deleted_at IS NULL;
ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON campaigns USING (gendan_scope() <> '');
GRANT SELECT, INSERT, UPDATE ON campaigns TO gendan_app;

CREATE TABLE campaign_costs (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    campaign_id bigint NOT NULL REFERENCES campaigns,
    channel     text NOT NULL DEFAULT '',
    amount      bigint NOT NULL CHECK (amount <> 0),          -- fen
    at          timestamptz NOT NULL,
    undoes      bigint UNIQUE REFERENCES campaign_costs,      -- an entry against that one
    created_by  bigint NOT NULL REFERENCES users
);
CREATE INDEX campaign_costs_campaign ON campaign_costs (campaign_id, at);
CREATE INDEX campaign_costs_at ON campaign_costs (at);
ALTER TABLE campaign_costs ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON campaign_costs USING (gendan_scope() <> '');
GRANT SELECT, INSERT ON campaign_costs TO gendan_app;

CREATE TABLE campaign_links (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    campaign_id bigint NOT NULL REFERENCES campaigns,
    channel     text NOT NULL DEFAULT '',
    token       text COLLATE "C" NOT NULL UNIQUE,
    url         bytea NOT NULL,                               -- sealed: a customer's may lead to their coupon
    customer_id bigint REFERENCES customers,                  -- made for that one
    send_id     bigint,                                       -- by that send
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint REFERENCES users,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
);
CREATE INDEX campaign_links_campaign ON campaign_links (campaign_id, id DESC) WHERE customer_id IS NULL AND deleted_at IS NULL;
CREATE INDEX campaign_links_customer ON campaign_links (customer_id) WHERE customer_id IS NOT NULL;
ALTER TABLE campaign_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY campaign_links_seen ON campaign_links
    USING ((SELECT gendan_scope()) IN ('all', 'system') OR customer_id IS NULL AND (SELECT gendan_scope()) <> ''
        OR EXISTS (SELECT FROM customers c WHERE c.id = campaign_links.customer_id));
GRANT SELECT, INSERT, UPDATE ON campaign_links TO gendan_app;

-- One row a visitor, link and day: who reloads a page has not come twice.
CREATE TABLE campaign_clicks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    link_id     bigint NOT NULL REFERENCES campaign_links,
    campaign_id bigint NOT NULL REFERENCES campaigns,
    channel     text NOT NULL,
    customer_id bigint REFERENCES customers,                  -- when the link was made for one
    visitor     bytea NOT NULL,                               -- a keyed hash of address and browser
    day         date NOT NULL,                                -- in the company's zone
    at          timestamptz NOT NULL
);
CREATE UNIQUE INDEX campaign_clicks_once ON campaign_clicks (link_id, day, visitor);
CREATE INDEX campaign_clicks_customer ON campaign_clicks (customer_id, at) WHERE customer_id IS NOT NULL;
CREATE INDEX campaign_clicks_at ON campaign_clicks (at) INCLUDE (campaign_id, channel);
CREATE INDEX campaign_clicks_campaign ON campaign_clicks (campaign_id, at);
ALTER TABLE campaign_clicks ENABLE ROW LEVEL SECURITY;
CREATE POLICY campaign_clicks_seen ON campaign_clicks
    USING ((SELECT gendan_scope()) IN ('all', 'system') OR EXISTS (SELECT FROM customers c WHERE c.id = campaign_clicks.customer_id));
GRANT SELECT, INSERT ON campaign_clicks TO gendan_app;

-- What was sent to the campaign's customers, once for each text.
CREATE TABLE campaign_sends (
    id          bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    campaign_id bigint NOT NULL REFERENCES campaigns,
    hash        text NOT NULL,                                -- of the texts and the coupon
    texts       bytea NOT NULL,                               -- sealed: JSON, one text a variant
    people      integer NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint NOT NULL REFERENCES users,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
);
CREATE INDEX campaign_sends_campaign ON campaign_sends (campaign_id, id);
ALTER TABLE campaign_sends ENABLE ROW LEVEL SECURITY;
CREATE POLICY acting ON campaign_sends USING (gendan_scope() <> '');
GRANT SELECT, INSERT, UPDATE ON campaign_sends TO gendan_app;

INSERT INTO record_kinds VALUES ('campaign', 'campaigns', 'r.name'), ('campaign_link', 'campaign_links', $$'#' || r.id$$), ('campaign_send', 'campaign_sends', $$'#' || r.id$$);
INSERT INTO merge_tables (name, nr, known_by, keep, label) VALUES ('campaign_links', 30, 'r.id', 'false', ''), ('campaign_clicks', 31, 'r.id', 'false', '');

ALTER TABLE leads ADD campaign_id bigint REFERENCES campaigns;
CREATE INDEX leads_created ON leads (created_at) INCLUDE (campaign_id, source, customer_id) WHERE deleted_at IS NULL;
CREATE INDEX leads_campaign ON leads (campaign_id, created_at) WHERE campaign_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX leads_customer ON leads (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX customers_sourced ON customers (created_at) INCLUDE (source) WHERE source <> '' AND deleted_at IS NULL;
CREATE INDEX orders_at ON orders (at) WHERE deleted_at IS NULL;
CREATE INDEX deals_won ON deals (coalesce(closed_at, updated_at)) WHERE state = 'won' AND deleted_at IS NULL;

-- gendan_touched are the orders (and won deals) of a span, each with every touch of its customer in the time before it that may
-- count; which of them count, and how, the program decides. Nobody's name is in it.
-- +goose StatementBegin
CREATE FUNCTION gendan_touched(since timestamptz, upto timestamptz, within interval, leads_within interval)
RETURNS TABLE (purchase bigint, bought_at timestamptz, amount bigint, campaign bigint, channel text, kind text, touched_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH p AS (
        SELECT o.id, o.customer_id, o.at, o.amount FROM orders o
        WHERE o.at >= since AND o.at < upto AND o.deleted_at IS NULL AND gendan_scope() <> ''
        UNION ALL
        SELECT d.id, d.customer_id, coalesce(d.closed_at, d.updated_at), d.amount FROM deals d
        WHERE coalesce(d.closed_at, d.updated_at) >= since AND coalesce(d.closed_at, d.updated_at) < upto AND d.state = 'won' AND d.deleted_at IS NULL AND gendan_scope() <> ''
        UNION ALL
        SELECT c.id, c.customer_id, c.ended_at, c.price - c.off FROM coupons c -- used at a till that writes no orders
        WHERE c.ended_at >= since AND c.ended_at < upto AND c.state = 'redeemed' AND c.order_id IS NULL AND c.price > 0 AND c.deleted_at IS NULL AND gendan_scope() <> ''
    )
    SELECT p.id, p.at, p.amount, k.campaign_id, k.channel, 'click', k.at
    FROM p JOIN campaign_clicks k ON k.customer_id = p.customer_id AND k.at <= p.at AND k.at >= p.at - within
    UNION ALL
    SELECT p.id, p.at, p.amount, b.campaign_id, '群发', 'coupon', p.at
    FROM p JOIN coupons c ON coalesce(c.order_id, c.id) = p.id AND c.state = 'redeemed' AND c.deleted_at IS NULL JOIN coupon_batches b ON b.id = c.batch_id AND b.campaign_id IS NOT NULL
    UNION ALL
    SELECT p.id, p.at, p.amount, coalesce(l.campaign_id, 0), coalesce(nullif(l.source, ''), a.channel, ''), 'lead', l.created_at
    FROM p JOIN leads l ON l.customer_id = p.customer_id AND l.created_at <= p.at AND l.created_at >= p.at - leads_within AND l.deleted_at IS NULL
        AND (l.campaign_id IS NOT NULL OR l.source <> '')
    LEFT JOIN campaigns a ON a.id = l.campaign_id
    UNION ALL
    SELECT p.id, p.at, p.amount, 0, c.source, 'source', c.created_at
    FROM p JOIN customers c ON c.id = p.customer_id AND c.source <> '' AND c.created_at <= p.at AND c.created_at >= p.at - leads_within
    WHERE NOT EXISTS (SELECT FROM leads l WHERE l.customer_id = c.id AND l.deleted_at IS NULL AND (l.campaign_id IS NOT NULL OR l.source <> ''))
$$;
-- +goose StatementEnd

-- gendan_came counts the leads, the customers and the visitors of a span, and what was spent in it, by campaign and channel.
-- +goose StatementBegin
CREATE FUNCTION gendan_came(since timestamptz, upto timestamptz)
RETURNS TABLE (campaign bigint, channel text, cost bigint, costs bigint, leads bigint, customers bigint, clicks bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT x.campaign, x.channel, sum(x.cost)::bigint, sum(x.costs)::bigint, sum(x.leads)::bigint, sum(x.customers)::bigint, sum(x.clicks)::bigint
    FROM (
        SELECT k.campaign_id AS campaign, k.channel, sum(k.amount) AS cost, count(*) AS costs, 0 AS leads, 0 AS customers, 0 AS clicks
        FROM campaign_costs k WHERE k.at >= since AND k.at < upto GROUP BY 1, 2
        UNION ALL
        SELECT coalesce(l.campaign_id, 0), coalesce(nullif(l.source, ''), a.channel, ''), 0, 0, count(*), count(DISTINCT l.customer_id), 0
        FROM leads l LEFT JOIN campaigns a ON a.id = l.campaign_id
        WHERE l.created_at >= since AND l.created_at < upto AND l.deleted_at IS NULL AND (l.campaign_id IS NOT NULL OR l.source <> '') GROUP BY 1, 2
        UNION ALL
        SELECT 0, c.source, 0, 0, 0, count(*), 0
        FROM customers c WHERE c.created_at >= since AND c.created_at < upto AND c.source <> '' AND c.deleted_at IS NULL
            AND NOT EXISTS (SELECT FROM leads l WHERE l.customer_id = c.id AND l.deleted_at IS NULL AND (l.campaign_id IS NOT NULL OR l.source <> '')) GROUP BY 2
        UNION ALL
        SELECT k.campaign_id, k.channel, 0, 0, 0, 0, count(*) FROM campaign_clicks k WHERE k.at >= since AND k.at < upto GROUP BY 1, 2
    ) x WHERE gendan_scope() <> '' GROUP BY 1, 2
$$;
-- +goose StatementEnd

-- gendan_campaign_sent counts what a campaign sends, by send and variant, and the visitors of its links, whosever customers.
-- +goose StatementBegin
CREATE FUNCTION gendan_campaign_sent(campaign bigint)
RETURNS TABLE (step text, people bigint, waiting bigint, sent bigint, failed bigint, clicked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT o.step, count(*), count(*) FILTER (WHERE o.state IN ('planned', 'asked', 'queued')), count(*) FILTER (WHERE o.state = 'sent'),
        count(*) FILTER (WHERE o.state NOT IN ('planned', 'asked', 'queued', 'sent')),
        count(*) FILTER (WHERE EXISTS (SELECT FROM campaign_clicks k WHERE k.customer_id = o.customer_id AND k.campaign_id = campaign AND k.at >= o.created_at))
    FROM offers o WHERE o.campaign_id = campaign AND o.deleted_at IS NULL AND gendan_scope() <> '' GROUP BY 1
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION gendan_link_clicks(links bigint[]) RETURNS TABLE (id bigint, clicks bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT k.link_id, count(*) FROM campaign_clicks k WHERE k.link_id = ANY (links) AND gendan_scope() <> '' GROUP BY 1 $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_touched, gendan_came, gendan_campaign_sent, gendan_link_clicks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_touched, gendan_came, gendan_campaign_sent, gendan_link_clicks TO gendan_app;
