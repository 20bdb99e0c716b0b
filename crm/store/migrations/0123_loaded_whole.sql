-- +goose Up
-- A page of loaded orders that a process was giving their points when it was killed stays locked until its connection is seen to have
-- ended. Whoever took its work up meanwhile passed the locked orders over, found nothing more to do, and nobody came back for
-- them. Now it waits for them: they are free a moment later, or gone with their points given.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION gendan_take_loaded(most integer) RETURNS SETOF bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM points_waiting w USING (SELECT o.order_id FROM points_waiting o WHERE gendan_scope() = 'system' ORDER BY o.order_id LIMIT most FOR UPDATE) h
    WHERE w.order_id = h.order_id RETURNING w.order_id
$$;
-- +goose StatementEnd
