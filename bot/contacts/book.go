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
	out := chat.ContactTask{Key: t.Key, Contact: chat.PeerID(t.Peer), Message: chat.MessageID(t.Message), Begun: t.Begun, Again: t.Again, Stop: t.Stop, Kept: t.Kept != nil}
	if t.Reminded != nil {
		out.Reminded = *t.Reminded
	}
	return out
}

// ContactBegin notes that messages are being made one task.
func (b Book) ContactBegin(ctx context.Context, bundle string, members []chat.ContactMember) ([]chat.ContactTask, error) {
	list := make([]store.ContactMember, len(members))
	for i, m := range members {
		list[i] = store.ContactMember{Key: m.Key, Peer: string(m.Contact)}
	}
	rows, err := b.Store.ContactBegin(ctx, bundle, list)
	return tasks(rows), err
}

// ContactMade keeps the platform's number of the task.
func (b Book) ContactMade(ctx context.Context, keys []string, id chat.MessageID) (bool, error) {
	return b.Store.ContactMade(ctx, keys, string(id))
}

// ContactDue lists what belongs to tasks that are to be looked at.
func (b Book) ContactDue(ctx context.Context, most int) ([]chat.ContactTask, error) {
	rows, err := b.Store.ContactDue(ctx, most)
	return tasks(rows), err
}

func tasks(rows []store.ContactTask) []chat.ContactTask {
	all := make([]chat.ContactTask, len(rows))
	for i, t := range rows {
		all[i] = task(t)
	}
	return all
}

// ContactLooked keeps what looks found, by key.
func (b Book) ContactLooked(ctx context.Context, looks map[string]chat.ContactLook) error {
	list := make([]store.ContactLook, 0, len(looks))
	for key, look := range looks {
		list = append(list, store.ContactLook{Key: key, Outcome: look.End, At: look.At, Reminded: look.Reminded, Next: look.Next, Gone: look.End == chat.TaskUnknown, Kept: look.Kept, Stop: look.Stop})
	}
	return b.Store.ContactLooked(ctx, list)
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
