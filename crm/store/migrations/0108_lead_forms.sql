-- Lead forms of campaigns: a link whose page is a form of ours. Who fills it in becomes a lead of the form's campaign, channel
-- and text (variant), and what they agreed to, and when, stands with it.

-- +goose Up
ALTER TABLE campaign_links
    ADD form boolean NOT NULL DEFAULT false,
    ADD title text NOT NULL DEFAULT '',              -- what the page says above the form
    ADD owner_id bigint REFERENCES users;            -- whose the leads are; null is the pool's
ALTER TABLE leads
    ADD link_id bigint REFERENCES campaign_links,
    ADD variant text NOT NULL DEFAULT '',
    ADD agreed_at timestamptz,                       -- to be called
    ADD news_at timestamptz;                         -- to hear of offers
CREATE INDEX leads_link ON leads (link_id, created_at) WHERE link_id IS NOT NULL;

-- gendan_form_leads counts the leads of forms by variant, and those since a time, whosever they are.
-- +goose StatementBegin
CREATE FUNCTION gendan_form_leads(links bigint[], since timestamptz) RETURNS TABLE (id bigint, variant text, leads bigint, fresh bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT l.link_id, l.variant, count(*), count(*) FILTER (WHERE l.created_at >= since) FROM leads l
    WHERE l.link_id = ANY (links) AND l.deleted_at IS NULL AND gendan_scope() <> '' GROUP BY 1, 2 ORDER BY 1, 2
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_form_leads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_form_leads TO gendan_app;
