package wecom

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

// ContactName is the platform of customers who are contacts of colleagues (客户联系), in [chat.PeerID] and
// [chat.ConversationID]: both are "contact:<userid>/<external_userid>".
const ContactName = "contact"

const (
	contactPrefix = ContactName + ":"
	contactChange = "change_external_contact" // the app's event of all that happens to contacts
	contactLead   = "wecom:contact"           // what one process is elected for
)

// ContactConfig is what customer contact needs beside the self-built app, which has to be listed under
// 客户联系 → 可调用接口的应用.
type ContactConfig struct {
	Book ContactBook // what outlives this process

	Poll   time.Duration // between looks at tasks that wait for a tap; 0 is 1 minute
	Resync time.Duration // between readings of all contacts, which then wait for the night; 0 is 20 hours
}

// ContactBook keeps what the door of contacts must not forget. Every method is durable when it returns and safe for
// concurrent use from several processes.
type ContactBook interface {
	// ContactBegin notes that messages are being made one task by the reply of key bundle, before the platform hears of it. Those
	// that are known come back as they stand.
	ContactBegin(ctx context.Context, bundle string, members []chat.ContactMember) ([]chat.ContactTask, error)
	// ContactMade keeps the platform's number of the task that was made of these messages; ok is false when another bundle has it.
	ContactMade(ctx context.Context, keys []string, id chat.MessageID) (ok bool, err error)
	// ContactDue lists what belongs to up to most tasks that wait and are to be looked at, the longest due first, and all of a task
	// together.
	ContactDue(ctx context.Context, most int) ([]chat.ContactTask, error)
	// ContactLooked keeps what looks found, by key. An end is reported to whoever planned the message.
	ContactLooked(ctx context.Context, looks map[string]chat.ContactLook) error
	// ContactSeen keeps contacts as the platform shows them now.
	ContactSeen(ctx context.Context, list []chat.Contact) error
	// ContactSynced notes that all contacts of owners were read since begun: those that were not seen since are none any more.
	ContactSynced(ctx context.Context, begun time.Time, owners []chat.PeerID) error
	// ContactSyncedAt tells when all contacts were read last; the zero time: never, or it is to be done again.
	ContactSyncedAt(ctx context.Context) (time.Time, error)
	// ContactUnread asks for all contacts to be read again: one could not be.
	ContactUnread(ctx context.Context) error
}

// Contact is the door to customers who are contacts of colleagues: it implements [chat.Adapter]. What is sent by it becomes
// a task in the colleague's group-send helper (群发助手) and reaches the customer by their tap; only a welcome goes at once.
// One process at a time looks after the tasks; every process may send. [Adapter.Contact] makes it.
type Contact struct {
	cfg     ContactConfig
	a       *Adapter
	api     *api
	log     *zap.Logger
	now     func() time.Time
	uploads uploads
	hear    atomic.Pointer[chat.Handler]

	mu      sync.Mutex
	since   time.Time
	trouble string // the last lasting refusal in words, "" when all is well
}

var _ chat.Adapter = (*Contact)(nil)

// Contact makes the door of contacts of this app. Call it once, before the callback is served.
func (a *Adapter) Contact(cfg ContactConfig) (*Contact, error) {
	if a.app == nil {
		return nil, errors.New("wecom: customer contact needs the app: WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_SECRET")
	}
	if cfg.Book == nil {
		return nil, errors.New("wecom: contact: nowhere to remember what was sent")
	}
	cfg.Poll = cmp.Or(cfg.Poll, time.Minute)
	cfg.Resync = cmp.Or(cfg.Resync, 20*time.Hour)
	c := &Contact{cfg: cfg, a: a, api: a.app, log: a.log.Named("contact"), now: a.now, since: a.now(), uploads: uploads{now: a.now}}
	a.contact.Store(c)
	return c, nil
}

// ContactOwners lists the colleagues whose WeChat contacts the app may read, for the administrator. allowed is false when the app has
// no right to customer contact, which most have not and need not have.
func (a *Adapter) ContactOwners(ctx context.Context) (there []chat.PeerID, allowed bool, err error) {
	if a.app == nil {
		return nil, false, nil
	}
	users, err := a.app.followers(ctx)
	switch code := kfCode(err); {
	case code == 48002:
		return nil, false, nil
	case err != nil && code != 84061:
		return nil, false, contactError(err)
	}
	for _, u := range users {
		there = append(there, personID(u))
	}
	return there, true, nil
}

// Name is "contact".
func (c *Contact) Name() string { return ContactName }

// Limits tells what a group message may hold: text and files, no buttons.
func (c *Contact) Limits() chat.Limits {
	return chat.Limits{TextBytes: contactTextBytes, Customers: true}
}

// Ready reports whether Send can work: it needs no connection of its own.
func (c *Contact) Ready() bool { return true }

// People is empty: nobody here is a colleague.
func (c *Contact) People(context.Context) ([]chat.Person, error) { return nil, nil }

// Download has nothing to fetch: what customers write to colleagues is between the two.
func (c *Contact) Download(context.Context, chat.Attachment, int64) ([]byte, error) {
	return nil, errors.New("wecom: contact: no attachments")
}

// Health tells the last lasting refusal.
func (c *Contact) Health() chat.Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	return chat.Health{Connected: c.trouble == "", Since: c.since, Detail: c.trouble}
}

func (c *Contact) setTrouble(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trouble != s {
		c.trouble, c.since = s, c.now()
	}
}

// Run looks after tasks and contacts until ctx ends, and returns nil then. Of several processes one does; all hear events.
func (c *Contact) Run(ctx context.Context, hear chat.Handler) error {
	c.hear.Store(&hear)
	defer c.hear.Store(nil)
	defer c.uploads.close()
	for ctx.Err() == nil {
		var err error
		if c.a.cfg.Elector == nil {
			err = c.keep(ctx)
		} else {
			err = c.a.cfg.Elector.Lead(ctx, contactLead, c.keep)
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("contact: looking after tasks", zap.Error(err))
		}
		wait(ctx, time.Second)
	}
	return nil
}

// keep is the loop of the process that leads.
func (c *Contact) keep(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := c.lookAll(ctx); err != nil && ctx.Err() == nil {
			c.report(err)
			c.log.Warn("contact: tasks", zap.Error(err))
		}
		if err := c.syncWhenDue(ctx); err != nil && ctx.Err() == nil {
			c.report(err)
			c.log.Warn("contact: reading contacts", zap.Error(err))
		}
		wait(ctx, c.cfg.Poll)
	}
	return nil
}

// contactPeer names a customer as a contact of a colleague.
func contactPeer(user, customer string) chat.PeerID {
	return chat.PeerID(contactPrefix + user + "/" + customer)
}

// contactParties takes apart what contactPeer made.
func contactParties(s string) (user, customer string, ok bool) {
	rest, found := strings.CutPrefix(s, contactPrefix)
	user, customer, cut := strings.Cut(rest, "/")
	return user, customer, found && cut && kfID(user) && kfID(customer)
}
