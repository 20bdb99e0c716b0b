-- Whoever acts may know which kinds of records there are; without an actor the table is empty like every other.

-- +goose Up
GRANT SELECT ON record_kinds TO gendan_app;
CREATE POLICY known ON record_kinds FOR SELECT USING (gendan_scope() <> '');
