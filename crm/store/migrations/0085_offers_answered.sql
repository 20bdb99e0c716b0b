-- When the customer spoke up after an offer.

-- +goose Up
ALTER TABLE offers ADD COLUMN answered_at timestamptz;
