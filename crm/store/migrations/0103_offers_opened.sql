-- What customers do with what reached them: when they first opened its page and first followed its link. withdrawn are those that
-- were taken back after they had been handed to a door: whether they had left is known only later.

-- +goose Up
ALTER TABLE offers
    ADD COLUMN opened_at  timestamptz,
    ADD COLUMN clicked_at timestamptz,
    ADD COLUMN withdrawn  boolean NOT NULL DEFAULT false;
CREATE INDEX offers_coupon ON offers (coupon_id) WHERE coupon_id IS NOT NULL;
CREATE INDEX offers_queued ON offers (campaign_id, source, source_id) WHERE state = 'queued';
