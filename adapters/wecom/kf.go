package wecom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

// KFName is the name of the customers' platform, WeChat customer service (微信客服), in [chat.PeerID] and
// [chat.ConversationID]: both are "kf:<open_kfid>/<external_userid>".
const KFName = "kf"

const (
	kfPrefix = KFName + ":"
	kfRing   = "kf_msg_or_event" // the app's event that says: pull
)

// KFConfig is what WeChat customer service needs beside the self-built app that its accounts are bound to.
type KFConfig struct {
	Accounts []string // open_kfid of each account that we serve
	Book     KFBook   // what outlives this process; without one the door only answers questions

	Poll      time.Duration // between looks without a ring; 0 is 30 s
	Glance    time.Duration // between looks for rings that another process heard; 0 is 1 s
	Page      int           // messages a pull; 0 is the platform's most, 1000
	HearRetry time.Duration // first pause when the inbox refuses a page; 0 is 200 ms
}

// KFBook keeps what the customers' door must not forget. Every method is durable when it returns and safe for
// concurrent use from several processes.
type KFBook interface {
	// KFCursor is where the next pull of account begins; "" is three days ago.
	KFCursor(ctx context.Context, account string) (cursor string, err error)
	// KFAdvance remembers where the next pull begins.
	KFAdvance(ctx context.Context, account, cursor string) error
	// KFRing notes a ring and its token for whichever process pulls account.
	KFRing(ctx context.Context, account, token string) error
	// KFRung tells the token of the last ring and how many there were in all.
	KFRung(ctx context.Context, account string) (token string, rings int64, err error)
	// KFHeard begins new allowances of messages to customers, each at most once in the list, with what they said last:
	// the ids of their messages of the second at. Messages that were counted before change nothing.
	KFHeard(ctx context.Context, account string, customers []string, ids [][]string, at []time.Time) error
	// KFTake books the message key against the allowance of most messages within life of the customer's last one.
	// A key that is booked already is taken at no cost. ok is false when nothing is left.
	KFTake(ctx context.Context, account, customer, key string, most int, life time.Duration) (ok bool, err error)
	// KFGiveBack takes a booking back: the platform refused the message.
	KFGiveBack(ctx context.Context, account, customer, key string) error
	// KFSpent notes that the platform allows no more messages until the customer writes again.
	KFSpent(ctx context.Context, account, customer string) error
	// KFName is what customer is called and their union id; known is false for one never looked up.
	KFName(ctx context.Context, account, customer string) (name, union string, known bool, err error)
	// KFNamed keeps what customer is called.
	KFNamed(ctx context.Context, account, customer, name, union string) error
	// KFCode keeps the one-use code that a session's change by the reply key gave; a kept one is not replaced.
	KFCode(ctx context.Context, key, code string) error
	// KFCodeOf is the code kept for the reply key; known is false when that reply changed no session yet.
	KFCodeOf(ctx context.Context, key string) (code string, known bool, err error)
}

// KF is the customers' door: it implements [chat.Adapter] for the people of WeChat customer service. One process
// at a time pulls an account's messages; every process may send. [Adapter.KF] makes it.
type KF struct {
	cfg      KFConfig
	a        *Adapter
	api      *api
	log      *zap.Logger
	now      func() time.Time
	accounts map[string]*kfAccount
	uploads  uploads
	sent     progress
	names    kfNames
	hear     atomic.Pointer[chat.Handler]

	mu    sync.Mutex
	since time.Time
	// trouble is the last lasting refusal in words, "" when all is well.
	trouble string
}

// kfAccount is one customer service account (客服账号).
type kfAccount struct {
	id   string
	poke chan string // tokens of rings, the newest only
	lead atomic.Bool // this process pulls it
}

var _ chat.Adapter = (*KF)(nil)

// KF makes the customers' door of this app. It needs the app's sending side; rings need its callback, without
// which messages wait for the next poll. Call it once, before the callback is served.
func (a *Adapter) KF(cfg KFConfig) (*KF, error) {
	if a.app == nil {
		return nil, errors.New("wecom: WECOM_KF_ID needs the app that the account is bound to: WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_SECRET")
	}
	cfg.Poll = cmp.Or(cfg.Poll, 30*time.Second)
	cfg.Glance = cmp.Or(cfg.Glance, time.Second)
	cfg.HearRetry = cmp.Or(cfg.HearRetry, 200*time.Millisecond)
	if cfg.Page <= 0 || cfg.Page > kfPageMost {
		cfg.Page = kfPageMost
	}
	k := &KF{
		cfg: cfg, a: a, api: a.app, log: a.log.Named("kf"), now: a.now, since: a.now(),
		accounts: map[string]*kfAccount{}, uploads: uploads{now: a.now}, sent: progress{now: a.now},
	}
	for _, id := range cfg.Accounts {
		if !kfID(id) {
			return nil, fmt.Errorf("wecom: WECOM_KF_ID: %q is no open_kfid such as wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw", id)
		}
		k.accounts[id] = &kfAccount{id: id, poke: make(chan string, 1)}
	}
	if len(k.accounts) == 0 {
		return nil, errors.New("wecom: kf without an account")
	}
	a.kf.Store(k)
	return k, nil
}

// kfID tells whether s can be an open_kfid or external_userid.
func kfID(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '/' || r == ','
	})
}

// Name is "kf".
func (k *KF) Name() string { return KFName }

// Limits tells what customers can be shown: text, and menus of at most ten entries that stay tappable for ever.
func (k *KF) Limits() chat.Limits {
	return chat.Limits{TextBytes: kfTextBytes, Buttons: kfMenuMost, AnswerWithin: kfWindow, Customers: true}
}

// Ready reports whether Send can work: it needs no connection of its own.
func (k *KF) Ready() bool { return k.cfg.Book != nil }

// People is empty: nobody here is a colleague.
func (k *KF) People(context.Context) ([]chat.Person, error) { return nil, nil }

// Health tells how the pulling does. A process that another does the pulling for is connected all the same.
func (k *KF) Health() chat.Health {
	k.mu.Lock()
	defer k.mu.Unlock()
	return chat.Health{Connected: k.trouble == "", Since: k.since, Detail: k.trouble}
}

func (k *KF) setTrouble(s string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble != s {
		k.trouble, k.since = s, k.now()
	}
}

// Download fetches what a customer sent, within three days of it.
func (k *KF) Download(ctx context.Context, at chat.Attachment, max int64) ([]byte, error) {
	return k.a.Download(ctx, at, max)
}

// kfPeer names a customer of an account; conversations have the same name.
func kfPeer(account, customer string) string { return kfPrefix + account + "/" + customer }

// kfParties takes apart what kfPeer made.
func kfParties(s string) (account, customer string, ok bool) {
	rest, found := strings.CutPrefix(s, kfPrefix)
	account, customer, cut := strings.Cut(rest, "/")
	return account, customer, found && cut && kfID(account) && kfID(customer)
}
