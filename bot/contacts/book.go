// Package contacts keeps in the store what the door of contacts (WeCom's 客户联系) must not forget.
package contacts

import (
	"context"
	"time"

	"gendan/bot/chat"
	"gendan/crm/store"
)

// Book is what the door of contacts must not forget, in the store.
type Book struct{ Store *store.Store }

func task(t store.ContactTask) chat.ContactTask {
	out := chat.ContactTask{Key: t.Key, Contact: chat.PeerID(t.Peer), Message: chat.MessageID(t.Message), Begun: t.Begun, Again: t.Again, Stop: t.Stop}
	if t.Reminded != nil {
		out.Reminded = *t.Reminded
	}
	return out
}

// ContactBegin notes that the reply key is being made a task.
func (b Book) ContactBegin(ctx context.Context, key string, to chat.PeerID) (chat.ContactTask, error) {
	t, err := b.Store.ContactBegin(ctx, key, string(to))
	return task(t), err
}

// ContactMade keeps the platform's number of the task.
func (b Book) ContactMade(ctx context.Context, key string, id chat.MessageID) (bool, error) {
	return b.Store.ContactMade(ctx, key, string(id))
}

// ContactDue lists tasks that are to be looked at.
func (b Book) ContactDue(ctx context.Context, most int) (due []chat.ContactTask, err error) {
	rows, err := b.Store.ContactDue(ctx, most)
	for _, t := range rows {
		due = append(due, task(t))
	}
	return due, err
}

// ContactLooked keeps what a look found.
func (b Book) ContactLooked(ctx context.Context, key string, look chat.ContactLook) error {
	_, err := b.Store.ContactLooked(ctx, key, store.ContactLook{
		Outcome: look.End, At: look.At, Reminded: look.Reminded, Next: look.Next, Gone: look.End == chat.TaskUnknown,
	})
	return err
}

// ContactSeen keeps contacts as the platform shows them.
func (b Book) ContactSeen(ctx context.Context, list []chat.Contact) error {
	seen := make([]store.ContactSeen, len(list))
	for i, c := range list {
		seen[i] = Seen(c)
	}
	return b.Store.SyncContacts(ctx, seen)
}

// Seen is a contact in the store's terms.
func Seen(c chat.Contact) store.ContactSeen {
	source := c.Way
	if c.Channel != "" {
		source = "视频号「" + c.Channel + "」"
	}
	return store.ContactSeen{
		Peer: string(c.Peer), Owner: string(c.Owner), Name: c.Name, UnionID: c.UnionID, Remark: c.Remark, Company: c.Company, Mobiles: c.Mobiles,
		Scene: c.Scene, Source: source, Since: c.Since, Half: c.Half,
	}
}

// ContactSynced notes that all contacts of owners were read since begun.
func (b Book) ContactSynced(ctx context.Context, begun time.Time, owners []chat.PeerID) error {
	names := make([]string, len(owners))
	for i, o := range owners {
		names[i] = string(o)
	}
	return b.Store.ContactsSynced(ctx, begun, names)
}

// ContactSyncedAt tells when all contacts were read last.
func (b Book) ContactSyncedAt(ctx context.Context) (time.Time, error) {
	return b.Store.ContactsSyncedAt(ctx)
}

// ContactUnread asks for all contacts to be read again.
func (b Book) ContactUnread(ctx context.Context) error { return b.Store.ContactsUnread(ctx) }
