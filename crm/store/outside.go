package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
)

// AddressedGuest is the guest behind a phone number or a mail address, made at first sight. In the clear the address stands
// nowhere: the peer is its blind index.
func (tx *Tx) AddressedGuest(ctx context.Context, platform, address, name string) (crm.Guest, error) {
	peer := platform + ":" + hex.EncodeToString(tx.Keys.Index("guests.address", address))
	g, err := tx.MeetGuest(ctx, platform, peer, name)
	if err != nil {
		return g, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO guest_addresses (guest_id, address) VALUES ($1, $2) ON CONFLICT (guest_id) DO NOTHING`,
		int64(g.ID), tx.Seal("guest_addresses", "address", address))
	if err != nil {
		return g, fmt.Errorf("guest %d: address: %w", g.ID, err)
	}
	kind, query := KnownByPhone, `UPDATE guests SET phone_keys = ARRAY[$2::bytea] WHERE id = $1 AND phone_keys <> ARRAY[$2::bytea]`
	if platform == "mail" {
		kind, query = KnownByMail, `UPDATE guests SET mail_key = $2 WHERE id = $1 AND mail_key IS DISTINCT FROM $2`
	}
	if _, err := tx.Exec(ctx, query, int64(g.ID), tx.Keys.identityKey(kind, address)); err != nil {
		return g, fmt.Errorf("guest %d: address: %w", g.ID, err)
	}
	return g, tx.recognise(ctx, &g, kind, address)
}

// recognise links a guest whom no customer is known of to the one customer that a name of theirs belongs to.
func (tx *Tx) recognise(ctx context.Context, g *crm.Guest, kind, value string) error {
	if g.Customer != 0 || value == "" {
		return nil
	}
	id, err := tx.Identified(ctx, kind, value)
	if errors.Is(err, crm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	g.Customer = id
	return tx.LinkGuest(ctx, g.ID, id, 0, 0)
}

// RecogniseUnion links a guest to the one customer of whom the same person is known at another door.
func (tx *Tx) RecogniseUnion(ctx context.Context, g *crm.Guest) error {
	return tx.recognise(ctx, g, KnownByUnion, g.UnionID)
}

// GuestAddress is where a guest of [Tx.AddressedGuest] is reached; [crm.ErrNotFound] for others.
func (tx *Tx) GuestAddress(ctx context.Context, id crm.GuestID) (string, error) {
	var sealed []byte
	if err := tx.Get(ctx, &sealed, `SELECT address FROM guest_addresses WHERE guest_id = $1`, int64(id)); err != nil {
		return "", fmt.Errorf("guest %d: address: %w", id, err)
	}
	return tx.OpenText("guest_addresses", "address", sealed)
}

// LinkTicket makes a ticket's state readable by whoever has the token with that hash. The same hash again changes nothing.
func (tx *Tx) LinkTicket(ctx context.Context, hash []byte, id crm.TicketID, until time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO ticket_links (hash, ticket_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, hash, int64(id), until)
	if err != nil {
		return fmt.Errorf("ticket %d: link: %w", id, err)
	}
	return nil
}

// LinkedTicket is the ticket that a link shows; [crm.ErrNotFound] when it leads nowhere or its time is up.
func (tx *Tx) LinkedTicket(ctx context.Context, hash []byte) (TicketRow, error) {
	var id int64
	if err := tx.Get(ctx, &id, `SELECT ticket_id FROM ticket_links WHERE hash = $1 AND expires_at > $2`, hash, tx.Now); err != nil {
		return TicketRow{}, fmt.Errorf("ticket link: %w", err)
	}
	return tx.TicketByID(ctx, crm.TicketID(id))
}

// MailKey names a mail in keys that are kept in the clear, by the blind index of its Message-ID: many programs write the
// sender's address into that.
func (k *Keys) MailKey(id string) string {
	return "mail:" + hex.EncodeToString(k.Index(mailID, id))
}

// mailID is the field of the blind index of Message-IDs.
const mailID = "mail.id"

// Mail is a mail that belongs to a ticket.
type Mail struct {
	Ticket  crm.TicketID
	ID      string // its Message-ID
	Subject string
	Ours    bool // we wrote it
}

// AddMail notes that a mail belongs to a ticket, so that answers to it do too.
func (tx *Tx) AddMail(ctx context.Context, m Mail) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mail_messages (hash, ticket_id, subject, name, ours, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (hash) DO NOTHING`,
		tx.Keys.Index(mailID, m.ID), int64(m.Ticket), tx.Seal("mail_messages", "subject", m.Subject), tx.Seal("mail_messages", "name", m.ID), m.Ours, tx.Now)
	if err != nil {
		return fmt.Errorf("ticket %d: mail: %w", m.Ticket, err)
	}
	return nil
}

// MailTicket is the ticket of the last of those Message-IDs that is known; 0 when none is.
func (tx *Tx) MailTicket(ctx context.Context, ids []string) (ticket crm.TicketID, err error) {
	var all []crm.TicketID
	for i := len(ids) - 1; i >= 0; i-- {
		if err := tx.Select(ctx, &all, `SELECT ticket_id FROM mail_messages WHERE hash = $1`, tx.Keys.Index(mailID, ids[i])); err != nil {
			return 0, fmt.Errorf("mail ticket: %w", err)
		}
		if len(all) > 0 {
			return all[0], nil
		}
	}
	return 0, nil
}

// LastMails are the latest mails of a ticket, oldest first.
func (tx *Tx) LastMails(ctx context.Context, id crm.TicketID, limit int) ([]Mail, error) {
	var rows []struct {
		Subject []byte `db:"subject"`
		Name    []byte `db:"name"`
		Ours    bool   `db:"ours"`
	}
	err := tx.Select(ctx, &rows, `
		SELECT subject, name, ours FROM (SELECT * FROM mail_messages WHERE ticket_id = $1 ORDER BY at DESC, hash LIMIT $2) m ORDER BY at, hash`, int64(id), limit)
	if err != nil {
		return nil, fmt.Errorf("ticket %d: mails: %w", id, err)
	}
	mails := make([]Mail, len(rows))
	for i, r := range rows {
		mails[i] = Mail{Ticket: id, Ours: r.Ours}
		if mails[i].Subject, err = tx.OpenText("mail_messages", "subject", r.Subject); err == nil {
			mails[i].ID, err = tx.OpenText("mail_messages", "name", r.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("ticket %d: mails: %w", id, err)
		}
	}
	return mails, nil
}
