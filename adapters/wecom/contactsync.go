package wecom

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

const (
	contactChunk = 100 // members of one reading
	contactNight = 3   // o'clock in China: all contacts are read then
)

var china = time.FixedZone("CST", 8*3600)

// syncWhenDue reads all contacts at the first start, after one could not be read, and once a night.
func (c *Contact) syncWhenDue(ctx context.Context) error {
	last, err := c.cfg.Book.ContactSyncedAt(ctx)
	if err != nil {
		return err
	}
	now := c.now()
	age := now.Sub(last)
	if !last.IsZero() && (age < c.cfg.Resync || now.In(china).Hour() != contactNight && age < 2*c.cfg.Resync) {
		return nil
	}
	return c.sync(ctx)
}

// sync reads all contacts of all members who have the feature.
func (c *Contact) sync(ctx context.Context) error {
	begun := c.now()
	users, err := c.api.followers(ctx)
	switch code := kfCode(err); {
	case code == 48002: // most apps have no such right, and need none
		c.log.Info("contact: the app may not read contacts", zap.Int("code", code))
		return c.cfg.Book.ContactSynced(ctx, begun, nil)
	case err != nil && code != 84061:
		return err
	}
	whole := make([]chat.PeerID, 0, len(users))
	for chunk := range slices.Chunk(users, contactChunk) {
		read, err := c.syncOf(ctx, chunk)
		if err != nil {
			return err
		}
		for _, u := range read {
			whole = append(whole, personID(u))
		}
	}
	c.setTrouble("")
	return c.cfg.Book.ContactSynced(ctx, begun, whole)
}

// syncOf reads the contacts of users, and returns those of whom all were read. Members without a licence and such that are
// unknown by now do not keep the others from being read.
func (c *Contact) syncOf(ctx context.Context, users []string) (read []string, err error) {
	cursor := ""
	var without []string
	for range pagesMost {
		rows, next, unlicensed, err := c.api.contactPage(ctx, users, cursor)
		switch code := kfCode(err); {
		case code == 84061: // none of them has a customer
			return users, nil
		case code == 701008:
			c.log.Warn("contact: members without a licence", zap.Strings("userids", users))
			return nil, nil
		case code == 60111 || code == 40031 || code == 84074:
			return c.syncHalves(ctx, users, err)
		case err != nil:
			return nil, err
		}
		without = append(without, unlicensed...)
		list := make([]chat.Contact, 0, len(rows))
		for i := range rows {
			one := rows[i].contact(nil)
			if _, _, ok := contactParties(string(one.Peer)); ok {
				list = append(list, one)
			}
		}
		if len(list) > 0 {
			if err := c.cfg.Book.ContactSeen(ctx, list); err != nil {
				return nil, fmt.Errorf("contact: %w", err)
			}
		}
		if next == "" || next == cursor {
			if len(without) > 0 {
				c.log.Warn("contact: members without a licence", zap.Strings("userids", without))
			}
			return slices.DeleteFunc(slices.Clone(users), func(u string) bool { return slices.Contains(without, u) }), nil
		}
		cursor = next
	}
	return nil, errEndless
}

// syncHalves finds the member whom the platform refuses by reading the halves.
func (c *Contact) syncHalves(ctx context.Context, users []string, why error) (read []string, err error) {
	if len(users) == 1 {
		c.log.Warn("contact: member not read", zap.String("userid", users[0]), zap.Error(why))
		return nil, nil
	}
	for half := range slices.Chunk(users, (len(users)+1)/2) {
		some, err := c.syncOf(ctx, half)
		if err != nil {
			return nil, err
		}
		read = append(read, some...)
	}
	return read, nil
}
