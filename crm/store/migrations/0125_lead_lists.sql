-- Lists of open leads, newest first: all of them, those of the pool and those of a source. Somebody's own have leads_owner. An index on
-- the owner gives the leads of nobody in no order, and one on the time alone has to pass over all that are converted.

-- +goose Up
CREATE INDEX leads_open ON leads (created_at DESC) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX leads_pool ON leads (created_at DESC) WHERE deleted_at IS NULL AND state = 'open' AND owner_id IS NULL;
CREATE INDEX leads_source ON leads (source, created_at DESC) WHERE deleted_at IS NULL AND state = 'open';
