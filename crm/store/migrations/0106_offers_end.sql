-- An offer has an end: what was not sent by then is closed. Those that were planned without one get it: the last day of their coupon, or 14
-- days from when they could first leave.

-- +goose Up
UPDATE offers o SET until = least((SELECT c.expires_at FROM coupons c WHERE c.id = o.coupon_id), greatest(o.created_at, o.due) + interval '14 days')
WHERE o.until IS NULL AND o.state IN ('planned', 'asked', 'queued');
CREATE INDEX offers_end ON offers (until) WHERE state = 'queued' AND channel = 'contact' AND deleted_at IS NULL;
