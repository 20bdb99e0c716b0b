-- +goose Up
-- A push goes to the platform where the person spoke last. The time is not in the index: every turn changes
-- it, and an unindexed column lets the row be updated in place.
CREATE INDEX conversations_user ON conversations (user_id) WHERE user_id <> 0;
