package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// Segment is the segment that was saved.
func (v telling) Segment() *action.SegmentView { return dataOf[action.SegmentView](v) }

// ringSegment counts a segment of many customers and tells whoever asked. The count is a transaction of its own: when it is done and its
// telling is lost, the next count finds it and is quick.
func (b *Bot) ringSegment(ctx context.Context, c store.OutboxClaim) ([]chat.Reply, error) {
	var ask action.SegmentCount
	if err := json.Unmarshal(c.Payload, &ask); err != nil {
		return nil, fmt.Errorf("count of segment %d: %w", c.Subject, err)
	}
	who := crm.System
	if ask.User != 0 {
		var err error
		if who, err = b.store.UserByID(ctx, ask.User); err != nil {
			return nil, err
		}
	}
	v, err := b.actions.CountSegment(ctx, c.Subject, who, b.now().UTC())
	var refusal *crm.Refusal
	if err != nil && !errors.As(err, &refusal) || ask.User == 0 { // refused: what its filter names is gone, or the segment is
		return nil, err
	}
	peer, err := b.door(ctx, ask.User)
	if err != nil {
		return nil, err
	}
	r := chat.Reply{Key: c.Key + ":told", To: chat.PeerID(peer)}
	if refusal != nil {
		r.Text = refusal.Sentence
		return []chat.Reply{r}, nil
	}
	r.Text = b.say("segment_counted", v)
	r.Card = &chat.Card{ID: fmt.Sprintf("segment-%d-%d", v.ID, c.ID), Title: v.Name, Body: r.Text, Buttons: []chat.Button{
		{Key: "run:看人群 " + v.Name, Text: "看都有谁", Command: "看人群 " + v.Name}}}
	return []chat.Reply{r}, nil
}
