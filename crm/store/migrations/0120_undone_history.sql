-- What is taken back leaves the customer's history too. A line of history that a run wrote has the moment of its transaction (created_at), and so has the
-- way back that was kept with it.

-- +goose Up
ALTER TABLE undo ADD COLUMN wrote_at timestamptz NOT NULL DEFAULT now(); -- of those before this, no line has the moment

-- +goose Down
ALTER TABLE undo DROP COLUMN wrote_at;
