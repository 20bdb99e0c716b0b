package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindBundle is an outbox row that holds the message of several offers to contacts of one colleague: a reply with members, which
// becomes one group-send task. How each member's part ends is told by the door later, by the key of its offer.
const kindBundle = "offer.bundle"

// bundleOffer puts an offer to those of the batch that are the same task: of the same colleague, the same words, and the same step
// of whatever plans them.
func (b *Bot) bundleOffer(all map[string]*store.Bundle, s *action.OfferStep) {
	text, _ := b.offerWords(b.store.Keys(), s)
	colleague, _, _ := strings.Cut(s.Friend, "/")
	mark := strings.Join([]string{colleague, s.Source, fmt.Sprint(s.SourceID), s.Step, s.Purpose, text}, "\x00")
	if all[mark] == nil {
		all[mark] = &store.Bundle{Mark: mark, Text: text}
	}
	all[mark].Members = append(all[mark].Members, store.BundleMember{Offer: int64(s.ID), Key: action.OfferKey(s.ID, s.Tries+1), Peer: s.Friend})
}

func keepBundles(ctx context.Context, tx *store.Tx, bundles map[string]*store.Bundle) error {
	var all []store.Bundle
	for _, one := range bundles {
		all = append(all, *one)
	}
	return tx.AddToBundles(ctx, all)
}

// closeBundles makes the messages of all bundles that wait, now that the last offer of the batch is decided, and tells the colleagues
// whose taps they need.
func (b *Bot) closeBundles(ctx context.Context, tx *store.Tx) (cards []chat.Reply, err error) {
	all, err := tx.CloseBundles(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		for n := 0; n*store.BundleMost < len(one.Members); n++ {
			part := one.Members[n*store.BundleMost : min(len(one.Members), (n+1)*store.BundleMost)]
			r := chat.Reply{Key: fmt.Sprintf("bundle:%d:%d", one.ID, n), To: chat.PeerID(part[0].Peer), Conversation: chat.ConversationID(part[0].Peer), Text: one.Text}
			for _, m := range part {
				r.Members = append(r.Members, chat.ContactMember{Key: m.Key, Contact: chat.PeerID(m.Peer)})
			}
			row, err := reply(crm.ByContact, r.Key, r)
			if err != nil {
				return nil, err
			}
			row.Kind, row.Subject = kindBundle, one.ID
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
		}
		told, err := b.bundleCards(ctx, tx, one)
		if err != nil {
			return nil, err
		}
		cards = append(cards, told...)
	}
	return cards, nil
}

// bundleCards tells owners of a task that needs their tap: of one offer with buttons, of several in one. Whoever need not be asked
// hears nothing, nor who has heard of it before.
func (b *Bot) bundleCards(ctx context.Context, tx *store.Tx, one store.Bundle) (cards []chat.Reply, err error) {
	ids := make([]int64, len(one.Members))
	for i, m := range one.Members {
		ids[i] = m.Offer
	}
	rows, err := tx.OffersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	by, customers := map[crm.UserID][]*action.OfferStep{}, []int64{}
	var owners []int64
	for _, o := range rows {
		if o.Auto || o.Remade || o.Tries > 1 && !o.Edited || o.State != crm.OfferQueued {
			continue
		}
		if by[o.OwnerID] == nil {
			owners = append(owners, int64(o.OwnerID))
		}
		o.Tries-- // as it was when it was decided about: cards bear the number of the message
		by[o.OwnerID] = append(by[o.OwnerID], &action.OfferStep{OfferRow: o, Choice: crm.Choice{Channel: crm.ByContact}, Filled: o.Text})
		customers = append(customers, int64(o.CustomerID))
	}
	if len(owners) == 0 {
		return nil, nil
	}
	names, err := tx.ReachNames(ctx, customers)
	if err != nil {
		return nil, err
	}
	peers, err := tx.PeersOfAll(ctx, owners)
	if err != nil {
		return nil, err
	}
	for _, owner := range owners {
		open := b.doors(peers[crm.UserID(owner)], "")
		if len(open) == 0 {
			continue
		}
		list := by[crm.UserID(owner)]
		for _, s := range list {
			s.To = names[s.CustomerID]
		}
		if len(list) == 1 {
			cards = append(cards, b.offerCard(open[0], list[0]))
			continue
		}
		cards = append(cards, b.offerTaskCard(open[0], list))
	}
	return cards, nil
}

// offerTaskCard tells an owner of one task for several customers.
func (b *Bot) offerTaskCard(peer string, list []*action.OfferStep) chat.Reply {
	var rows []askTelling
	for _, s := range list[:min(len(list), listedOnes)] {
		rows = append(rows, offerAsk(s))
	}
	v := map[string]any{"Count": len(list), "Rows": rows, "More": max(0, len(list)-listedOnes), "First": rows[0]}
	text, key := b.say("offer_tasks", v), fmt.Sprintf("offer_tasks:%d:%d", list[0].ID, list[0].Tries)
	return chat.Reply{Key: key, To: chat.PeerID(peer), Text: text,
		Card: &chat.Card{ID: strings.NewReplacer(":", "-", "_", "-").Replace(key), Title: b.say("offer_task_title", v), Body: text}}
}

// bundlesMay looks at the members of bundles that are about to leave: those that may not any more are marked, and the door leaves
// them out. A bundle that was tried before goes to the door in any case: it may have been made, and then has to be taken back.
func (b *Bot) bundlesMay(ctx context.Context, claims []store.OutboxClaim) []store.OutboxClaim {
	var left []store.OutboxClaim
	for _, c := range claims {
		if c.Kind != kindBundle {
			left = append(left, c)
			continue
		}
		goes := false
		err := b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now, goes = b.now().UTC(), false
			ids, keys, err := bundleOffers(c)
			if err != nil {
				return err
			}
			may, err := b.actions.OffersMay(ctx, tx, ids, keys)
			if err != nil {
				return err
			}
			var not []string
			var gone []int64
			for _, id := range ids {
				if !may[id] {
					not, gone = append(not, keys[id]), append(gone, id)
				}
			}
			if err := tx.StopContactTasks(ctx, not); err != nil {
				return err
			}
			if goes = c.Attempts > 0 || len(not) < len(ids); c.Attempts == 0 {
				if err := b.actions.OffersWithdrawn(ctx, tx, gone); err != nil {
					return err
				}
			}
			if goes {
				return nil
			}
			return tx.OutboxRendered(ctx, c)
		})
		if err != nil {
			b.unseen(ctx, c, err)
			continue
		}
		if goes {
			left = append(left, c)
		}
	}
	return left
}

// bundleOffers are the offers of a bundle, and the keys of their messages.
func bundleOffers(c store.OutboxClaim) (ids []int64, keys map[int64]string, err error) {
	var r chat.Reply
	if err := json.Unmarshal(c.Payload, &r); err != nil {
		return nil, nil, fmt.Errorf("outbox %d: %w", c.ID, err)
	}
	keys = make(map[int64]string, len(r.Members))
	for _, m := range r.Members {
		var id int64
		var try int
		if _, err := fmt.Sscanf(m.Key, "offer:%d:%d", &id, &try); err != nil {
			return nil, nil, fmt.Errorf("outbox %d: member %q: %w", c.ID, m.Key, err)
		}
		ids, keys[id] = append(ids, id), m.Key
	}
	return ids, keys, nil
}

// bundleFailed decides what becomes of a bundle that its door did not take: each of its offers takes the next way.
func (b *Bot) bundleFailed(ctx context.Context, c store.OutboxClaim, cause error) {
	fault := chat.FaultOf(cause)
	if fault != chat.Unreached && fault != chat.Rejected && c.Refusals() < sendTries {
		b.offerAgain(ctx, crm.ByContact, c, cause)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	b.log.Warn("offers: task not made", zap.Int64("bundle", c.Subject), zap.Error(cause))
	err := b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = b.now().UTC()
		ids, keys, err := bundleOffers(c)
		if err != nil {
			return err
		}
		for _, id := range ids {
			var of int64
			var try int
			if _, err := fmt.Sscanf(keys[id], "offer:%d:%d", &of, &try); err != nil {
				return fmt.Errorf("bundle %d: %w", c.Subject, err)
			}
			if err := b.offerNotDelivered(ctx, tx, crm.OfferID(id), try, crm.ChannelChinese(crm.ByContact)); err != nil {
				return err
			}
		}
		if err := b.actions.OffersWithdrawn(ctx, tx, ids); err != nil {
			return err
		}
		return tx.OutboxRendered(ctx, c)
	})
	if err != nil {
		b.log.Error("offers: failure not noted", zap.Int64("bundle", c.Subject), zap.Error(err))
		b.again(ctx, c, backoff(c.Refusals()), "offer")
	}
}

// offersBack tells a colleague of tasks in their group-send helper that are taken back, or that they must not confirm.
func (b *Bot) offersBack(ctx context.Context, tx *store.Tx, c store.OutboxClaim, back store.OffersBack) ([]chat.Reply, error) {
	peers, err := tx.PeersOf(ctx, crm.UserID(c.Subject))
	if err != nil {
		return nil, err
	}
	open := b.doors(peers, "")
	if len(open) == 0 {
		return nil, nil
	}
	names := make([]string, len(back.Names))
	for i, n := range back.Names {
		names[i] = crm.BrandName(n)
	}
	v := map[string]any{"Names": strings.Join(names, "、"), "Count": back.Count, "More": back.Count > len(names), "Reason": back.Reason, "Kept": back.Kept}
	return []chat.Reply{{Key: c.Key + ":told", To: chat.PeerID(open[0]), Text: b.say("offers_back", v)}}, nil
}
