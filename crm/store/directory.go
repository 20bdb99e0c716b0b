package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"gendan/crm"
)

// DirectoryEntry is a person as a platform's directory shows them.
type DirectoryEntry struct {
	Peer   string // chat.PeerID
	Name   string
	Mobile string // "" when not shown
	Email  string // "" when not shown
	Active bool   // false: left the company or the app's scope
}

// DirectoryReport says what a directory brought.
type DirectoryReport struct {
	Known     int      // accounts that were linked before
	Linked    []string // peers linked now, by mobile or mail
	Ended     []string // peers of colleagues that the platform says have left
	Unmatched []string // peers of nobody we know
}

// SyncDirectory links the platform accounts of a directory to our people: an account that is linked already
// stays so; others are matched by mobile, then by mail, when exactly one active colleague has it. It never adds
// people. An account that is no longer active stops working, its colleague's other accounts go on.
func (s *Store) SyncDirectory(ctx context.Context, entries []DirectoryEntry) (report DirectoryReport, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		report = DirectoryReport{} // As may run this again
		for _, e := range entries {
			if err := tx.syncEntry(ctx, e, &report); err != nil {
				return fmt.Errorf("directory: %s: %w", e.Peer, err)
			}
		}
		return nil
	})
	s.forgetPeers()
	return report, err
}

func (tx *Tx) syncEntry(ctx context.Context, e DirectoryEntry, report *DirectoryReport) error {
	mobile, email := NormalMobile(e.Mobile), NormalEmail(e.Email)
	var known []struct {
		UserID int64 `db:"user_id"`
		Active bool  `db:"active"`
	}
	if err := tx.Select(ctx, &known, `SELECT user_id, active FROM identities WHERE peer = $1`, e.Peer); err != nil {
		return err
	}
	var user crm.UserID
	switch {
	case len(known) > 0 && !e.Active:
		if known[0].Active {
			report.Ended = append(report.Ended, e.Peer)
		}
		_, err := tx.Exec(ctx, `UPDATE identities SET active = false WHERE peer = $1`, e.Peer)
		return err
	case !e.Active:
		return nil
	case len(known) > 0:
		user = crm.UserID(known[0].UserID)
		report.Known++
	default:
		for _, by := range []struct{ column, value string }{{"mobile", mobile}, {"email", email}} {
			if by.value == "" || user != 0 {
				continue
			}
			var found pq.Int64Array
			if err := tx.Get(ctx, &found, `SELECT array_agg(id) FROM users WHERE active AND `+by.column+`_index = $1`,
				tx.Keys.Index("users."+by.column, by.value)); err != nil {
				return err
			}
			if len(found) == 1 {
				user = crm.UserID(found[0])
			}
		}
		if user == 0 {
			report.Unmatched = append(report.Unmatched, e.Peer)
			return nil
		}
		report.Linked = append(report.Linked, e.Peer)
	}
	if err := tx.link(ctx, user, e.Peer, e.Name); err != nil {
		return err
	}
	// What one platform shows helps to find the person on the other.
	_, err := tx.Exec(ctx, `
		UPDATE users SET mobile = coalesce(mobile, $2), mobile_index = coalesce(mobile_index, $3),
			email = coalesce(email, $4), email_index = coalesce(email_index, $5), updated_at = now()
		WHERE id = $1 AND (mobile IS NULL AND $2::bytea IS NOT NULL OR email IS NULL AND $4::bytea IS NOT NULL)`, int64(user),
		tx.Seal("users", "mobile", mobile), tx.Keys.Index("users.mobile", mobile),
		tx.Seal("users", "email", email), tx.Keys.Index("users.email", email))
	return err
}

// NormalMobile is a phone number in the form that is compared: digits, without the country code of China.
func NormalMobile(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '０' && r <= '９' {
			r -= '０' - '0'
		}
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	d := b.String()
	for _, code := range []string{"0086", "86"} {
		if rest, ok := strings.CutPrefix(d, code); ok && len(rest) == 11 && rest[0] == '1' {
			return rest
		}
	}
	return d
}

// NormalEmail is a mail address in the form that is compared: lower case, trimmed.
func NormalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
