package bot

import (
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
)

// Who is linked to a customer hears how that customer's tickets stand, but not what another person there has written.
func TestAGuestReadsNobodyElsesWords(t *testing.T) {
	t.Parallel()
	q := &guestTurn{g: crm.Guest{ID: 7, Customer: 3}}
	row := &store.TicketRow{Ticket: crm.Ticket{GuestID: 8, CustomerID: 3, Kind: "故障", Content: "漏油（联系人：张三 13812345678）"}}
	if got := q.what(row); got != "故障" {
		t.Errorf("of another guest's ticket: %q", got)
	}
	if row.GuestID = 7; !strings.HasPrefix(q.what(row), "漏油") {
		t.Errorf("of their own: %q", q.what(row))
	}
}
