-- Offers that wait for their owner's tap too long are given up; found by the index. Each message that is made of an offer has
-- a number of its own: an edited one, or one by the next channel, must not be taken for the one before.

-- +goose Up
ALTER TABLE offers ADD COLUMN tries smallint NOT NULL DEFAULT 0;
CREATE INDEX offers_asked ON offers (due, id) WHERE state = 'asked' AND deleted_at IS NULL;
