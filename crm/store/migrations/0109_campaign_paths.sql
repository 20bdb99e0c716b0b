-- What the return of campaigns reads, without the rows themselves: the purchases of a span, where their customers come from, and the
-- coupons that they used. Over a million customers the report read each of them.

-- +goose Up
DROP INDEX orders_at;
CREATE INDEX orders_at ON orders (at) INCLUDE (id, customer_id, amount) WHERE deleted_at IS NULL;
CREATE INDEX customers_came ON customers (id) INCLUDE (created_at, source) WHERE source <> '';
CREATE INDEX coupons_used ON coupons ((coalesce(order_id, id))) WHERE state = 'redeemed' AND deleted_at IS NULL;
