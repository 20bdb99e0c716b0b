package store_test

import (
	"testing"
)

// fact reads a column of a customer's facts.
func (c company) fact(t *testing.T, customer int64, column string) (v string) {
	t.Helper()
	if err := c.owner.QueryRow(`SELECT coalesce(`+column+`::text, '') FROM customer_facts WHERE customer_id = $1`, customer).Scan(&v); err != nil {
		t.Fatal(column, err)
	}
	return v
}

// facts checks several columns at once.
func (c company) facts(t *testing.T, customer int64, want map[string]string) {
	t.Helper()
	for column, w := range want {
		if got := c.fact(t, customer, column); got != w {
			t.Errorf("customer %d: %s is %q, want %q", customer, column, got, w)
		}
	}
}

const newCustomers = `INSERT INTO customers (id, name, name_key, name_core, terms, owner_id, created_by, created_at)
	SELECT n, '客户' || n, '客户' || n, '客户' || n, '{}', (SELECT id FROM users WHERE name = 'rep'), (SELECT id FROM users WHERE name = 'rep'), '2026-01-01'
	FROM generate_series($1::bigint, $2::bigint) n`

const newOrder = `INSERT INTO orders (id, customer_id, owner_id, created_by, product, amount, at, updated_at)
	SELECT $1, $2, owner_id, owner_id, $3, $4, $5, $5 FROM customers WHERE id = $2`

// TestFactsFollowWhatIsWritten: orders, won deals, birthdays, tickets, and taking them back.
func TestFactsFollowWhatIsWritten(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.exec(t, newCustomers, 5001, 5003)
	c.facts(t, 5001, map[string]string{"orders": "0", "rfm": "", "order_since::date": "2026-01-01"})
	c.exec(t, newOrder, 6001, 5001, "墨盒", 12000, "2026-03-01T00:00:00Z")
	c.exec(t, `INSERT INTO products (id, name) VALUES (6101, '墨盒 HP-803'), (6102, '打印纸')`)
	c.exec(t, `INSERT INTO order_items (order_id, line, product, product_id) VALUES (6001, 1, '墨盒', 6101)`)
	c.facts(t, 5001, map[string]string{"orders": "1", "spent": "12000", "products": "{6101}", "rfm": "新客", "r": "5", "due::date": "2026-03-31"})
	c.exec(t, newOrder, 6002, 5001, "打印纸", 3000, "2026-06-15T00:00:00Z")
	c.exec(t, `INSERT INTO order_items (order_id, line, product, product_id) VALUES (6002, 1, '打印纸', 6102)`)
	c.facts(t, 5001, map[string]string{"orders": "2", "spent": "15000", "products": "{6101,6102}", "rfm": "潜力", "first_order::date": "2026-03-01", "last_order::date": "2026-06-15"})
	// A deal counts when it is won, and no longer when it is reopened; its product is found by any spelling.
	c.exec(t, `INSERT INTO deals (id, customer_id, owner_id, created_by, title, product, amount, stage, stage_since, updated_at)
		SELECT 6003, id, owner_id, owner_id, '商机', '墨盒　hp803', 500000, '初步接触', now(), '2026-07-01' FROM customers WHERE id = 5001`)
	c.facts(t, 5001, map[string]string{"orders": "2"})
	c.exec(t, `UPDATE deals SET state = 'won', closed_at = '2026-07-01' WHERE id = 6003`)
	c.facts(t, 5001, map[string]string{"orders": "3", "spent": "515000", "products": "{6101,6102}"})
	c.exec(t, `UPDATE deals SET state = 'open', closed_at = NULL WHERE id = 6003`)
	c.facts(t, 5001, map[string]string{"orders": "2", "spent": "15000"})
	// Taken back, and given to another customer.
	c.exec(t, `UPDATE orders SET deleted_at = now() WHERE id = 6002`)
	c.facts(t, 5001, map[string]string{"orders": "1", "products": "{6101}"})
	c.exec(t, `UPDATE orders SET customer_id = 5002 WHERE id = 6001`)
	c.facts(t, 5001, map[string]string{"orders": "0", "products": "{}", "last_order": "", "rfm": "", "order_since::date": "2026-01-01"})
	c.facts(t, 5002, map[string]string{"orders": "1", "products": "{6101}"})
	// What is bought again and again is a liking.
	for i := range 2 {
		c.exec(t, newOrder, 6010+i, 5002, "墨盒", 12000, "2026-07-01T00:00:00Z")
		c.facts(t, 5002, map[string]string{"regular": "{}"})
		c.exec(t, `INSERT INTO order_items (order_id, line, product, product_id) VALUES ($1, 1, '墨盒', 6101)`, 6010+i)
	}
	c.facts(t, 5002, map[string]string{"regular": "{6101}", "products": "{6101}"})
	// Birthdays and tickets.
	c.exec(t, `INSERT INTO contacts (id, customer_id, name, name_key, birthday, created_by) SELECT 6201, 5003, '王强', '王强', '1990-11-23', id FROM users WHERE name = 'rep'`)
	c.exec(t, `UPDATE customers SET fields = '{"生日": "02-29"}' WHERE id = 5003`)
	c.facts(t, 5003, map[string]string{"birthdays": "{02-29,11-23}"})
	c.exec(t, `UPDATE contacts SET deleted_at = now() WHERE id = 6201`)
	c.facts(t, 5003, map[string]string{"birthdays": "{02-29}"})
	c.exec(t, `INSERT INTO tickets (id, customer_id, kind, priority, source) VALUES (6301, 5003, '投诉', '高', 'chat'), (6302, 5003, '咨询', '高', 'chat')`)
	c.facts(t, 5003, map[string]string{"open_tickets": "2", "complaints": "1"})
	c.exec(t, `UPDATE tickets SET state = 'closed' WHERE id = 6301`)
	c.exec(t, `UPDATE tickets SET customer_id = 5002 WHERE id = 6302`)
	c.facts(t, 5003, map[string]string{"open_tickets": "0", "complaints": "1"})
	c.facts(t, 5002, map[string]string{"open_tickets": "1", "complaints": "0"})
}
