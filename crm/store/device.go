package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// DeviceRow is a device as it is kept, with the names around it.
type DeviceRow struct {
	ID         int64  `db:"id"`
	CustomerID int64  `db:"customer_id"`
	Serial     string `db:"serial"`
	Product    string `db:"product"`
	Bought     string `db:"bought"` // days are 2006-01-02, "" for none
	Installed  string `db:"installed"`
	Warranty   string `db:"warranty"`
	Life       string `db:"life"`
	Version    int    `db:"version"`
	Customer   string `db:"customer"`
	OwnerID    int64  `db:"owner_id"` // of the customer
	OwnerName  string `db:"owner_name"`
}

// Device is the row as the rules know it.
func (d DeviceRow) Device() crm.Device {
	return crm.Device{ID: crm.DeviceID(d.ID), CustomerID: crm.CustomerID(d.CustomerID), Serial: d.Serial, Product: d.Product,
		Bought: d.Bought, Installed: d.Installed, Warranty: d.Warranty, Life: d.Life}
}

const deviceColumns = `SELECT d.id, d.customer_id, d.serial, d.product, coalesce(d.bought::text, '') AS bought, coalesce(d.installed::text, '') AS installed,
	coalesce(d.warranty::text, '') AS warranty, coalesce(d.life::text, '') AS life, d.version,
	c.name AS customer, c.owner_id, coalesce(u.name, '') AS owner_name
	FROM devices d JOIN customers c ON c.id = d.customer_id LEFT JOIN users u ON u.id = c.owner_id `

// AddDevice registers d and notes it for undo. crm.ErrConflict when its serial number is there, seen or not; the
// transaction goes on.
func (tx *Tx) AddDevice(ctx context.Context, d crm.Device) (crm.DeviceID, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `
		INSERT INTO devices (customer_id, serial, serial_key, product, bought, installed, warranty, life, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, nullif($5::text, '')::date, nullif($6::text, '')::date, nullif($7::text, '')::date, nullif($8::text, '')::date, $9, $10, $10)
		ON CONFLICT DO NOTHING
		RETURNING id`,
		int64(d.CustomerID), d.Serial, crm.SerialKey(d.Serial), d.Product, d.Bought, d.Installed, d.Warranty, d.Life, int64(tx.Actor.UserID), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("device: %w", err)
	}
	if len(ids) == 0 {
		return 0, fmt.Errorf("device: %w", crm.ErrConflict)
	}
	tx.Created(crm.KindDevice, ids[0], 1)
	return crm.DeviceID(ids[0]), nil
}

// DeviceByID finds a device that the actor sees; crm.ErrNotFound.
func (tx *Tx) DeviceByID(ctx context.Context, id crm.DeviceID) (d DeviceRow, err error) {
	if err = tx.Get(ctx, &d, deviceColumns+`WHERE d.id = $1 AND d.deleted_at IS NULL`, int64(id)); err != nil {
		return d, fmt.Errorf("device %d: %w", id, err)
	}
	return d, nil
}

// DevicesSaid finds the devices that the actor sees and whose serial numbers stand in text, in order of their numbers.
func (tx *Tx) DevicesSaid(ctx context.Context, text string) (rows []DeviceRow, err error) {
	keys := crm.SerialKeys(text)
	if len(keys) == 0 {
		return nil, nil
	}
	if err = tx.Select(ctx, &rows, deviceColumns+`WHERE d.serial_key = ANY ($1) AND d.deleted_at IS NULL ORDER BY d.id`, pq.Array(keys)); err != nil {
		return nil, fmt.Errorf("devices said: %w", err)
	}
	return rows, nil
}

// DevicesOf lists a customer's devices, newest first, and how many there are.
func (tx *Tx) DevicesOf(ctx context.Context, customer crm.CustomerID, limit, skip int) ([]DeviceRow, int, error) {
	var rows []struct {
		DeviceRow
		Total int `db:"total"`
	}
	err := tx.Select(ctx, &rows, `SELECT q.*, count(*) OVER () AS total FROM (`+deviceColumns+`WHERE d.customer_id = $1 AND d.deleted_at IS NULL) q
		ORDER BY q.id DESC LIMIT $2 OFFSET $3`, int64(customer), limit, skip)
	if err != nil {
		return nil, 0, fmt.Errorf("devices of %d: %w", customer, err)
	}
	out, total := make([]DeviceRow, len(rows)), 0
	for i, r := range rows {
		out[i], total = r.DeviceRow, r.Total
	}
	return out, total, nil
}

// DeviceHolder tells whose a device is, whether or not the actor sees it.
type DeviceHolder struct {
	Device   int64  `db:"device"`
	Customer int64  `db:"customer"`
	Name     string `db:"known_as"` // of the customer
	Owner    string `db:"owner"`
}

// DeviceHolder finds it by the serial number; ok is false when nobody has one.
func (tx *Tx) DeviceHolder(ctx context.Context, serial string) (h DeviceHolder, ok bool, err error) {
	var rows []DeviceHolder
	if err = tx.Select(ctx, &rows, `SELECT device, customer, known_as, owner FROM gendan_device_holder($1)`, crm.SerialKey(serial)); err != nil {
		return h, false, fmt.Errorf("device holder: %w", err)
	}
	if len(rows) == 0 {
		return h, false, nil
	}
	return rows[0], true, nil
}

// TicketsOfDevice counts the open tickets about a device.
func (tx *Tx) TicketsOfDevice(ctx context.Context, id crm.DeviceID) (n int, err error) {
	if err = tx.Get(ctx, &n, `SELECT count(*) FROM tickets WHERE device_id = $1 AND deleted_at IS NULL AND state <> 'closed'`, int64(id)); err != nil {
		return 0, fmt.Errorf("device %d: tickets: %w", id, err)
	}
	return n, nil
}
