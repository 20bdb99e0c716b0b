package wecom

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

const (
	kfNamesAsked = 100             // customers a question, the platform's most
	kfNameWithin = 3 * time.Second // for all of a page: a greeting must go out within 20
	kfNameAgain  = time.Hour       // a customer whom the platform did not tell is asked about again
)

// kfKnown is what this process remembers of a customer.
type kfKnown struct {
	name, union string
	until       time.Time // zero: for ever
}

// kfNames is what this process remembers, by account and customer.
type kfNames struct {
	mu   sync.Mutex
	here map[string]kfKnown
}

func (n *kfNames) get(key string) (kfKnown, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	who, ok := n.here[key]
	return who, ok
}

func (n *kfNames) put(key string, who kfKnown) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.here == nil || len(n.here) >= shelfMost {
		n.here = map[string]kfKnown{} // the book has them
	}
	n.here[key] = who
}

// name puts the customers' names on their messages. They are asked for at first sight and kept, for the platform
// tells them only while somebody is active. Without a name a message is heard all the same.
func (k *KF) name(ctx context.Context, account string, talks map[chat.ConversationID][]chat.Message) {
	var ask []string
	known := map[string]kfKnown{}
	for id := range talks {
		_, customer, ok := kfParties(string(id))
		if !ok {
			continue
		}
		if who, ok := k.nameKept(ctx, account, customer); ok {
			known[customer] = who
		} else {
			ask = append(ask, customer)
		}
	}
	slices.Sort(ask)
	ctx, cancel := context.WithTimeout(ctx, kfNameWithin)
	defer cancel()
	for some := range slices.Chunk(ask, kfNamesAsked) {
		found, err := k.api.kfNames(ctx, some)
		if err != nil {
			k.log.Warn("kf: names", zap.Error(kfError(err)))
			break
		}
		for _, customer := range some {
			who := kfKnown{until: k.now().Add(kfNameAgain)}
			if one, ok := found[customer]; ok && one.NickName != "" {
				who = kfKnown{name: one.NickName, union: one.UnionID}
				if err := k.cfg.Book.KFNamed(ctx, account, customer, who.name, who.union); err != nil {
					k.log.Warn("kf: name not kept", zap.Error(err))
				}
			}
			known[customer] = who
			k.names.put(account+"/"+customer, who)
		}
	}
	for id, talk := range talks {
		_, customer, _ := kfParties(string(id))
		who := known[customer]
		for i := range talk {
			talk[i].FromName = who.name
			if talk[i].Kind == chat.Enter && who.union != "" {
				entry := chat.EntryOf(talk[i])
				entry.UnionID = who.union
				if raw, err := json.Marshal(entry); err == nil {
					talk[i].Raw = raw
				}
			}
		}
	}
}

// nameKept is what is known of a customer without asking the platform.
func (k *KF) nameKept(ctx context.Context, account, customer string) (kfKnown, bool) {
	if who, ok := k.names.get(account + "/" + customer); ok {
		return who, who.until.IsZero() || k.now().Before(who.until)
	}
	name, union, known, err := k.cfg.Book.KFName(ctx, account, customer)
	if err != nil || !known {
		return kfKnown{}, false
	}
	who := kfKnown{name: name, union: union}
	k.names.put(account+"/"+customer, who)
	return who, true
}
