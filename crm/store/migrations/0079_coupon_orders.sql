-- A coupon is redeemed on an order that the shop tells by its own number, and one order uses one coupon.

-- +goose Up
CREATE INDEX orders_shop_number ON orders (number) WHERE number <> '' AND deleted_at IS NULL;
DROP INDEX coupons_order;
CREATE UNIQUE INDEX coupons_order ON coupons (order_id) WHERE order_id IS NOT NULL;
