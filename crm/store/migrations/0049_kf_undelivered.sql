-- +goose Up
-- A customer's platform says later that a message did not arrive, and knows it by its own number only.
CREATE INDEX outbox_kf_message ON outbox (message_id) WHERE platform = 'kf' AND message_id <> '';
