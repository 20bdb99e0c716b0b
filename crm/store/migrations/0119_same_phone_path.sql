-- gendan_same_phone was replaced without its safe path: a function with its owner's rights looks among temporary tables last.

-- +goose Up
ALTER FUNCTION gendan_same_phone(bytea) SET search_path = public, pg_temp;
