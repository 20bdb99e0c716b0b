-- +goose Up
-- Whom a run was told to beside the speaker, and what, so that they also hear when it is taken back.
ALTER TABLE undo ADD COLUMN told bytea; -- sealed
