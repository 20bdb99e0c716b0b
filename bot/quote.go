package bot

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// quoted is what can be told from the words of a message of ours that somebody answers to.
type quoted struct {
	Undo   string // the code of a receipt
	Record int64  // the record it is about; 0 when it is about several or none
}

var (
	quotedUndo   = regexp.MustCompile(`撤销 ([2-9A-HJ-NP-Z]{4})`)
	quotedRecord = regexp.MustCompile(`#([0-9]{4,12})`)
)

// readQuote reads the words of a receipt, a ring or a view.
func readQuote(text string) (q quoted) {
	if m := quotedUndo.FindStringSubmatch(text); m != nil {
		q.Undo = m[1]
	}
	head, _, _ := strings.Cut(text, "\n")
	for _, part := range []string{head, text} {
		numbers := map[int64]bool{}
		for _, m := range quotedRecord.FindAllStringSubmatch(part, -1) {
			if n, err := strconv.ParseInt(m[1], 10, 64); err == nil && n >= firstRecord {
				numbers[n] = true
			}
		}
		if len(numbers) == 1 {
			for n := range numbers {
				q.Record = n
			}
			return q
		}
	}
	return q
}

// quote reads what the message answers to, and makes it the subject: 「改成40万」 under a receipt means that
// deal. What we do not know is no subject, and nothing is said about it.
func (t *turn) quote() (quoted, error) {
	m := t.message.Quote
	if m == nil {
		return quoted{}, nil
	}
	text := m.Text
	if kept := ""; m.ID != "" && (text == "" || m.Kind != chat.Text) {
		var err error
		kept, err = t.tx.MessageText(t.ctx, t.message.Platform, m.ID)
		if errors.Is(err, crm.ErrNotFound) { // a push belongs to no conversation, so the person's own transaction does not see it
			kept, err = t.bot.store.MessageText(t.ctx, t.message.Platform, m.ID)
		}
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return quoted{}, fmt.Errorf("quote: %w", err)
		}
		text += "\n" + kept
	}
	q := readQuote(text)
	defer t.quotedList(text)
	if q == (quoted{}) {
		n, err := t.quotedRing(text)
		if err != nil {
			return q, err
		}
		q.Record = n
	}
	if q == (quoted{}) {
		t.cited = strings.TrimSpace(text)
	}
	ref := crm.Ref{Kind: crm.Kind(""), ID: q.Record}
	if q.Record == 0 && q.Undo != "" {
		u, err := t.tx.FindUndo(t.ctx, string(t.message.Conversation), q.Undo)
		if errors.Is(err, crm.ErrNotFound) {
			return q, nil
		}
		if err != nil {
			return q, fmt.Errorf("quote: %w", err)
		}
		if len(u.Steps) > 0 {
			ref = crm.Ref{Kind: u.Steps[0].Kind, ID: u.Steps[0].ID}
		}
	}
	if ref.ID == 0 {
		return q, nil
	}
	if err := t.about(ref); err != nil {
		return q, err
	}
	t.mind.again(q.Undo)
	return q, nil
}

// quotedRing finds the reminder whose ring is quoted, where the platform hands over no more than the card's
// title. 0 when none or several read like it.
func (t *turn) quotedRing(text string) (int64, error) {
	content, ok := strings.CutPrefix(strings.TrimSpace(text), "⏰")
	if !ok {
		return 0, nil
	}
	content = strings.TrimSpace(firstLine(content))
	rows, _, err := t.tx.RemindersOf(t.ctx, []int64{int64(t.actor.UserID)}, 0, time.Time{}, t.now, 50)
	if err != nil {
		return 0, fmt.Errorf("quote: %w", err)
	}
	found := int64(0)
	for _, r := range rows {
		if r.Content != content {
			continue
		}
		if found != 0 {
			return 0, nil
		}
		found = r.ID
	}
	return found, nil
}

// about makes a record the subject of what follows. One that the speaker does not see changes nothing.
func (t *turn) about(ref crm.Ref) error {
	is, err := t.tx.WhatIs(t.ctx, ref.ID)
	if errors.Is(err, crm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	f := action.Focus{}
	switch is.Kind {
	case crm.KindCustomer:
		f.Customer = is
	case crm.KindDeal:
		d, err := t.tx.DealByID(t.ctx, crm.DealID(ref.ID))
		if err != nil {
			return fmt.Errorf("subject: %w", err)
		}
		f.Deal, f.Customer = is, crm.Ref{Kind: crm.KindCustomer, ID: d.CustomerID, Name: d.Customer}
	case crm.KindReminder:
		r, err := t.tx.ReminderByID(t.ctx, crm.ReminderID(ref.ID))
		if err != nil {
			return fmt.Errorf("subject: %w", err)
		}
		f.Reminder = is
		if r.CustomerID != nil {
			f.Customer = crm.Ref{Kind: crm.KindCustomer, ID: *r.CustomerID, Name: r.Customer}
		}
	case crm.KindLead:
		f.Lead = is
	case crm.KindTicket:
		row, err := t.tx.TicketByID(t.ctx, crm.TicketID(ref.ID))
		if err != nil {
			return fmt.Errorf("subject: %w", err)
		}
		f.Ticket = is
		if row.CustomerID != 0 {
			f.Customer = crm.Ref{Kind: crm.KindCustomer, ID: int64(row.CustomerID), Name: row.Customer}
		}
	case crm.KindTask, crm.KindContact, crm.KindActivity:
	default:
		return nil
	}
	t.mind.Focus, t.mind.List, t.mind.idle = f, nil, 0
	if last := t.mind.Last; last != nil && !concerns(last, ref.ID) {
		t.mind.Last = nil // a few words now mean this record, not what was written last
	}
	return nil
}

func concerns(last *receipt, id int64) bool {
	for _, r := range last.Records {
		if r.ID == id {
			return true
		}
	}
	return false
}
