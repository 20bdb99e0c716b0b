package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

// ringSame asks the owners of two customers known by the same name whether they are one. Whoever looks after both can merge them
// by a tap; owners who have one each are told of each other. A number of a switchboard says nothing: many sit behind it.
func (b *Bot) ringSame(ctx context.Context, c store.OutboxClaim) (rings []chat.Reply, to notice, err error) {
	var p store.MergeProposal
	var into, from store.CustomerRow
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		if p, err = tx.MergeProposal(ctx, c.Subject); err != nil {
			return err
		}
		if into, err = tx.CustomerByID(ctx, crm.CustomerID(p.First)); err != nil {
			return err // one of them is gone since
		}
		from, err = tx.CustomerByID(ctx, crm.CustomerID(p.Other))
		return err
	})
	if err != nil || p.Kind == store.KnownByPhone && !strings.HasPrefix(p.Phone, "1") && p.Phone != "" {
		return nil, to, err
	}
	owners := []int64{into.OwnerID}
	if from.OwnerID != into.OwnerID {
		owners = append(owners, from.OwnerID)
	}
	for _, id := range owners {
		if id == 0 {
			continue
		}
		r, wait, err := b.sameFor(ctx, c, p, crm.UserID(id), into, from)
		if err != nil {
			return nil, to, err
		}
		if wait.wait.After(to.wait) {
			to.wait = wait.wait
		}
		if r.To != "" {
			rings = append(rings, r)
		}
	}
	if !to.wait.IsZero() { // all of them at once, when nobody rests any more
		return nil, to, nil
	}
	return rings, to, nil
}

// sameFor is what one owner is asked; nothing when there is no way to them.
func (b *Bot) sameFor(ctx context.Context, c store.OutboxClaim, p store.MergeProposal, id crm.UserID, into, from store.CustomerRow) (r chat.Reply, to notice, err error) {
	owner, err := b.store.UserByID(ctx, id)
	peer := ""
	if err == nil {
		peer, err = b.door(ctx, id)
	}
	if errors.Is(err, crm.ErrNotFound) {
		return r, to, nil
	}
	if err != nil {
		return r, to, err
	}
	if at := afterRest(b.now().UTC(), owner.Location()); at.After(b.now().UTC()) {
		to.wait = at
		return r, to, nil
	}
	mine := func(row store.CustomerRow) bool {
		return row.OwnerID == int64(id) || slices.Contains(row.Collaborators, int64(id)) || owner.Scope == crm.ScopeAll
	}
	say := fmt.Sprintf("#%d 并入 #%d", from.ID, into.ID)
	v := map[string]any{"Kind": p.Kind, "Phone": crm.MaskPhone(p.Phone), "From": from.Name, "Into": into.Name, "Say": say, "May": mine(from) && mine(into), "FromOwner": "", "IntoOwner": "", "Other": ""}
	for name, row := range map[string]store.CustomerRow{"FromOwner": from, "IntoOwner": into} {
		if row.OwnerID != int64(id) {
			v[name], v["Other"] = row.OwnerName, row.OwnerName
		}
	}
	r = chat.Reply{Key: fmt.Sprintf("%s:%d", c.Key, id), To: chat.PeerID(peer), Text: b.say("same_text", v)}
	if v["May"] == true {
		r.Card = &chat.Card{ID: fmt.Sprintf("same-%d-%d", p.First, p.Other), Title: b.say("same_title", v), Body: b.say("same_body", v), Note: b.say("same_note", v),
			Buttons: []chat.Button{{Key: onceKey + ":" + say, Text: "合成一个", Style: "primary", Command: say}}}
	}
	return r, to, nil
}
