package store

import (
	"context"
	"fmt"

	"gendan/crm"
)

// ContactRow is a contact as it is kept. The texts of sealed columns are filled only where they are asked for.
type ContactRow struct {
	ID         int64  `db:"id" json:"id"`
	CustomerID int64  `db:"customer_id" json:"customer_id"`
	Name       string `db:"name" json:"name"`
	Title      string `db:"title" json:"title"`
	Birthday   string `db:"birthday" json:"birthday"`
	Version    int    `db:"version" json:"version"`

	Phone  string `db:"-" json:"-"`
	Email  string `db:"-" json:"-"`
	Wechat string `db:"-" json:"-"`

	SealedPhone  []byte `db:"phone" json:"-"`
	SealedEmail  []byte `db:"email" json:"-"`
	SealedWechat []byte `db:"wechat" json:"-"`
}

// AddContact creates c and notes it for undo. ID and Version are filled in.
func (tx *Tx) AddContact(ctx context.Context, c *ContactRow) error {
	err := tx.Get(ctx, &c.ID, `
		INSERT INTO contacts (customer_id, name, name_key, title, birthday, phone, phone_index, phone_tail, email, email_index, wechat,
			created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
		RETURNING id`,
		c.CustomerID, c.Name, crm.Fold(c.Name), c.Title, c.Birthday,
		tx.Keys.SealText("contacts", "phone", c.Phone), tx.Keys.Index("phone", c.Phone), tx.Keys.Index("phone_tail", crm.LastFour(c.Phone)),
		tx.Keys.SealText("contacts", "email", c.Email), tx.Keys.Index("email", crm.Fold(c.Email)), tx.Keys.SealText("contacts", "wechat", c.Wechat),
		int64(tx.Actor.UserID), tx.Now)
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	c.Version = 1
	tx.Created(crm.KindContact, c.ID, 1)
	return nil
}

// ContactsOf lists a customer's contacts with their sealed columns opened, oldest first.
func (tx *Tx) ContactsOf(ctx context.Context, customer crm.CustomerID) ([]ContactRow, error) {
	var rows []ContactRow
	err := tx.Select(ctx, &rows, `
		SELECT id, customer_id, name, title, birthday, version, phone, email, wechat
		FROM contacts WHERE customer_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT 50`, int64(customer))
	if err != nil {
		return nil, fmt.Errorf("contacts of %d: %w", customer, err)
	}
	for i := range rows {
		if err := rows[i].open(tx.Keys); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (c *ContactRow) open(k *Keys) (err error) {
	if c.Phone, err = k.OpenText("contacts", "phone", c.SealedPhone); err == nil {
		if c.Email, err = k.OpenText("contacts", "email", c.SealedEmail); err == nil {
			c.Wechat, err = k.OpenText("contacts", "wechat", c.SealedWechat)
		}
	}
	if err != nil {
		return fmt.Errorf("contact %d: %w", c.ID, err)
	}
	return nil
}
