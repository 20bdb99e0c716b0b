-- What a day of rules finds by an index, and who is in the segments that they watch. rule_members holds for each rule
-- that waits for customers to come into a segment, or to leave it, who was in it at its last look and since when: only the
-- difference concerns the rule. Rows are not deleted: who left has the time of it.

-- +goose Up
CREATE INDEX customer_facts_ordered ON customer_facts (last_order, customer_id) WHERE orders > 0;
CREATE INDEX tickets_complaints ON tickets (created_at, customer_id) WHERE kind = '投诉' AND deleted_at IS NULL AND customer_id IS NOT NULL;

CREATE TABLE rule_members (
    rule_id     bigint NOT NULL REFERENCES rules,
    customer_id bigint NOT NULL,
    since       timestamptz NOT NULL,            -- '-infinity': it was in before the rule was turned on
    left_at     timestamptz,
    PRIMARY KEY (rule_id, customer_id)
);
CREATE INDEX rule_members_came ON rule_members (rule_id, since);
CREATE INDEX rule_members_left ON rule_members (rule_id, left_at) WHERE left_at IS NOT NULL;
ALTER TABLE rule_members ENABLE ROW LEVEL SECURITY; -- functions only

-- gendan_rule_look brings what a rule knows of its segment's members up to date; the first look, when it is turned on, takes
-- them as they are.
-- +goose StatementBegin
CREATE FUNCTION gendan_rule_look(rule bigint, segment bigint, at timestamptz, first boolean) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE rule_members m SET left_at = CASE WHEN first THEN '-infinity' ELSE at END
    WHERE m.rule_id = rule AND m.left_at IS NULL AND gendan_scope() <> ''
        AND NOT EXISTS (SELECT FROM segment_members g WHERE g.segment_id = segment AND g.customer_id = m.customer_id);
    INSERT INTO rule_members AS m (rule_id, customer_id, since)
    SELECT rule, g.customer_id, CASE WHEN first THEN '-infinity' ELSE at END FROM segment_members g
    WHERE g.segment_id = segment AND gendan_scope() <> ''
        AND NOT EXISTS (SELECT FROM rule_members o WHERE o.rule_id = rule AND o.customer_id = g.customer_id AND o.left_at IS NULL)
    ON CONFLICT (rule_id, customer_id) DO UPDATE SET since = excluded.since, left_at = NULL;
$$;
-- +goose StatementEnd

-- gendan_rule_moved lists who came into a rule's segment since a time, or left it: by what the rule knows, and who has since
-- its last look. at stands for those.
-- +goose StatementBegin
CREATE FUNCTION gendan_rule_moved(rule bigint, segment bigint, leaving boolean, since timestamptz, at timestamptz, after bigint, most integer)
RETURNS TABLE (customer bigint, moved timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT q.customer_id, q.moved FROM (
        SELECT m.customer_id, m.since AS moved FROM rule_members m
            WHERE NOT leaving AND m.rule_id = rule AND m.since >= gendan_rule_moved.since AND m.left_at IS NULL
                AND EXISTS (SELECT FROM segment_members g WHERE g.segment_id = segment AND g.customer_id = m.customer_id)
        UNION ALL
        SELECT g.customer_id, at FROM segment_members g WHERE NOT leaving AND g.segment_id = segment
            AND NOT EXISTS (SELECT FROM rule_members m WHERE m.rule_id = rule AND m.customer_id = g.customer_id AND m.left_at IS NULL)
        UNION ALL
        SELECT m.customer_id, m.left_at FROM rule_members m WHERE leaving AND m.rule_id = rule AND m.left_at >= gendan_rule_moved.since
        UNION ALL
        SELECT m.customer_id, at FROM rule_members m WHERE leaving AND m.rule_id = rule AND m.left_at IS NULL
            AND NOT EXISTS (SELECT FROM segment_members g WHERE g.segment_id = segment AND g.customer_id = m.customer_id)
    ) q
    WHERE q.customer_id > after AND gendan_scope() <> ''
    ORDER BY q.customer_id LIMIT most
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_rule_look, gendan_rule_moved FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_rule_look, gendan_rule_moved TO gendan_app;
