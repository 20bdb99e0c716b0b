-- Messages of the same words from the same colleague become one group-send task of many customers: bundles collect them while a
-- batch of offers is decided about, and are closed when the last of it is. Each customer's part keeps a key of its own, so that each
-- offer learns how its own part ended. A bundle of which one customer may not hear any more is taken back whole, for the platform
-- takes nobody out of a task; the others' offers are made anew (remade), which counts as nothing further.

-- +goose Up
CREATE TABLE offer_bundles (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mark       bytea NOT NULL,                       -- keyed hash of colleague, words and what they belong to
    text       bytea NOT NULL,                       -- sealed
    created_at timestamptz NOT NULL,
    made_at    timestamptz                           -- closed: on its way to the door
);
CREATE UNIQUE INDEX offer_bundles_open ON offer_bundles (mark) WHERE made_at IS NULL;
CREATE TABLE offer_bundle_members (
    bundle_id bigint NOT NULL REFERENCES offer_bundles,
    offer_id  bigint NOT NULL REFERENCES offers,
    key       text COLLATE "C" NOT NULL,             -- of the offer's message
    peer      text NOT NULL,                         -- of the contact
    PRIMARY KEY (bundle_id, offer_id)
);
ALTER TABLE offer_bundles ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON offer_bundles USING (gendan_scope() = 'system');
ALTER TABLE offer_bundle_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY service ON offer_bundle_members USING (gendan_scope() = 'system');
GRANT SELECT, INSERT, UPDATE ON offer_bundles, offer_bundle_members TO gendan_app;

ALTER TABLE offers ADD COLUMN remade boolean NOT NULL DEFAULT false; -- its group-send task was taken back, and is to be made anew

ALTER TABLE contact_tasks
    ADD COLUMN bundle  text COLLATE "C" NOT NULL DEFAULT '', -- of the reply that makes several at once; '' is its own
    ADD COLUMN kept_at timestamptz;                          -- the platform would not take it back
DROP INDEX contact_tasks_message;
CREATE INDEX contact_tasks_message ON contact_tasks (message) WHERE message <> '';

-- What has not left, by what it belongs to: all of it is taken back when a campaign or a journey is stopped.
DROP INDEX offers_queued;
CREATE INDEX offers_unsent ON offers (source, source_id) WHERE state IN ('planned', 'asked', 'queued') AND deleted_at IS NULL;
