package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// Progress is what became of a ticket by one of its tasks.
type Progress struct {
	Ticket        crm.TicketID `db:"ticket"`
	Entry         int64        `db:"entry"`
	Owner         crm.UserID   `db:"owner"`          // who handles the ticket; 0 is nobody
	CustomerOwner crm.UserID   `db:"customer_owner"` // 0 when it has no customer
	Priority      string       `db:"priority"`
	Sealed        []byte       `db:"content"`

	Content string `db:"-"`
}

// TicketProgress writes into the story of a task's ticket what the actor did to the task, whether or not the actor sees the
// ticket. The entry is not noted for undo: taking back the change of the task is progress of its own. crm.ErrNotFound when
// the task has no ticket, or is none that the actor may change.
func (tx *Tx) TicketProgress(ctx context.Context, task TaskRow, did string) (p Progress, err error) {
	err = tx.Get(ctx, &p, `
		SELECT ticket, entry, coalesce(owner, 0) AS owner, coalesce(customer_owner, 0) AS customer_owner, priority, content
		FROM gendan_ticket_progress($1, $2, $3)`, task.ID, tx.Now, tx.Keys.SealText("ticket_entries", "content", did))
	if err == nil {
		p.Content, err = tx.Keys.OpenText("tickets", "content", p.Sealed)
	}
	if err != nil {
		return p, fmt.Errorf("task %d: ticket: %w", task.ID, err)
	}
	p.Sealed = nil
	return p, nil
}

// SeesCustomer tells whether the actor may see a customer.
func (tx *Tx) SeesCustomer(ctx context.Context, id crm.CustomerID) (sees bool, err error) {
	return sees, tx.Get(ctx, &sees, `SELECT EXISTS (SELECT FROM customers WHERE id = $1)`, int64(id))
}

// Walled is what a ticket needs of a customer that its writer does not see.
type Walled struct {
	OwnerID       int64         `db:"owner_id"`
	Level         string        `db:"level"` // for what is promised; it is not shown
	Collaborators pq.Int64Array `db:"collaborators"`
}

// TicketCustomer reads of a customer, seen or not, whom a ticket of it concerns; crm.ErrNotFound.
func (tx *Tx) TicketCustomer(ctx context.Context, id crm.CustomerID) (w Walled, err error) {
	if err = tx.Get(ctx, &w, `SELECT owner_id, level, collaborators FROM gendan_ticket_customer($1)`, int64(id)); err != nil {
		return w, fmt.Errorf("customer %d: %w", id, err)
	}
	return w, nil
}
