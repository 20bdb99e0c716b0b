-- +goose Up
-- A push goes to the platform where the person spoke last.
CREATE INDEX conversations_user ON conversations (user_id, updated_at) WHERE user_id <> 0;
