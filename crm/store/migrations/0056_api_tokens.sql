-- Keys to the HTTP door. Each belongs to a person and opens what that person may do. Only a hash is kept: whoever reads the
-- database cannot call with it. A key has 256 random bits, so a plain SHA-256 hides it.

-- +goose Up
CREATE TABLE api_tokens (
    hash       bytea PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_user ON api_tokens (user_id) WHERE revoked_at IS NULL;

ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON api_tokens USING ((SELECT gendan_scope()) = 'system');
GRANT SELECT, INSERT, UPDATE ON api_tokens TO gendan_app;
