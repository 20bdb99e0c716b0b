-- Who works on a ticket may not see its customer, but what they do concerns the one whose customer it is.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION gendan_customer_owner(customer bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT c.owner_id FROM customers c WHERE c.id = customer AND gendan_scope() <> '' $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_customer_owner FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_customer_owner TO gendan_app;
