package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// addTicket writes a ticket as actor and answers its number.
func (c company) addTicket(t *testing.T, actor string, change func(*crm.Ticket)) crm.TicketID {
	t.Helper()
	ticket := crm.Ticket{Content: "13812345678 漏油", Kind: "故障", Priority: "普通", State: crm.TicketNew, Source: "chat", CreatedBy: c.actor[actor].UserID}
	if change != nil {
		change(&ticket)
	}
	err := c.As(t.Context(), c.actor[actor], func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddTicket(ctx, &ticket); err != nil {
			return err
		}
		ok, err := tx.AddTicketEntry(ctx, &store.TicketEntry{TicketID: ticket.ID, Side: crm.SideNote, Content: "13812345678 备注", UserID: c.actor[actor].UserID})
		if err == nil && !ok {
			err = errors.New("the entry was not written")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ticket.ID
}

func (c company) seesTicket(t *testing.T, who string, id crm.TicketID) bool {
	t.Helper()
	seen := false
	err := c.As(t.Context(), c.actor[who], func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.TicketByID(ctx, id)
		entries, entriesErr := tx.TicketEntries(ctx, id, 10)
		if seen = err == nil; errors.Is(err, crm.ErrNotFound) {
			err = nil
		}
		if seen != (len(entries) > 0) {
			t.Errorf("%s sees ticket %d: %v, and %d entries of it", who, id, seen, len(entries))
		}
		return errors.Join(err, entriesErr)
	})
	if err != nil {
		t.Fatal(who, err)
	}
	return seen
}

// Who sees a ticket: who handles it, wrote it down or was told, the lead of its team, who sees its customer, and those who
// see all.
func TestWhoSeesWhichTicket(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	fillEverything(t, c)
	rep, lead := c.actor["rep"], c.actor["lead"]
	for name, x := range map[string]struct {
		change func(*crm.Ticket)
		sees   string
	}{
		"nobody's":           {func(k *crm.Ticket) {}, "manager service marketer"},
		"handled by rep":     {func(k *crm.Ticket) { k.OwnerID = rep.UserID }, "rep manager service marketer"},
		"rep was told":       {func(k *crm.Ticket) { k.Watchers = []crm.UserID{rep.UserID} }, "rep manager service marketer"},
		"of the rep's team":  {func(k *crm.Ticket) { k.TeamID = rep.TeamID }, "lead manager service marketer"},
		"of rep's customer":  {func(k *crm.Ticket) { k.CustomerID = crm.CustomerID(5000 + rep.UserID) }, "rep lead manager service marketer"},
		"of lead's customer": {func(k *crm.Ticket) { k.CustomerID = crm.CustomerID(5000 + lead.UserID) }, "lead manager service marketer"},
	} {
		id := c.addTicket(t, "service", x.change)
		for who := range c.actor {
			if want := slices.Contains(strings.Fields(x.sees), who); c.seesTicket(t, who, id) != want {
				t.Errorf("%s: seen by %s: %v", name, who, !want)
			}
		}
	}
	if id := c.addTicket(t, "other", nil); !c.seesTicket(t, "other", id) || c.seesTicket(t, "rep", id) {
		t.Error("who writes a ticket down sees it, and another rep does not")
	}
}

// The words of a story never change, a key is heard once, and a ticket that somebody changed is not written over.
func TestATicketsStoryIsKept(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	id := c.addTicket(t, "rep", nil)
	for _, q := range []string{`UPDATE ticket_entries SET content = NULL`, `UPDATE ticket_entries SET side = 'reply'`, `UPDATE ticket_entries SET at = now()`, `DELETE FROM ticket_entries`} {
		err := c.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, q)
			return err
		})
		if !errors.Is(err, crm.ErrDenied) {
			t.Errorf("%s: %v", q, err)
		}
	}
	err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
		for _, want := range []bool{true, false} {
			ok, err := tx.AddTicketEntry(ctx, &store.TicketEntry{TicketID: id, Side: crm.SideCustomer, Content: "在吗", Key: "m1"})
			if err != nil || ok != want {
				t.Errorf("%v %v, want %v", ok, err, want)
			}
		}
		row, err := tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		was, first, second := row.Ticket, row.Ticket, row.Ticket
		first.Priority, first.Watchers, first.Resolution = "高", []crm.UserID{3, 4}, "换了"
		if err := tx.SaveTicket(ctx, was, &first); err != nil || first.Version != 2 {
			t.Errorf("version %d, %v", first.Version, err)
		}
		second.Priority = "低"
		if err := tx.SaveTicket(ctx, was, &second); !errors.Is(err, crm.ErrConflict) {
			t.Errorf("a ticket changed since is written over: %v", err)
		}
		if err := tx.SaveTicket(ctx, first, &first); err != nil || first.Version != 2 {
			t.Errorf("nothing changed and version %d, %v", first.Version, err)
		}
		again, err := tx.TicketByID(ctx, id)
		if err != nil || again.Priority != "高" || !slices.Equal(again.Watchers, []crm.UserID{3, 4}) || again.Resolution != "换了" || again.Content != "13812345678 漏油" {
			t.Errorf("%+v %v", again.Ticket, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if dump := storetest.Dump(t, c.Store); strings.Contains(dump, "13812345678") || strings.Contains(dump, "漏油") || strings.Contains(dump, "在吗") {
		t.Error("a ticket's words stand in clear")
	}
}
