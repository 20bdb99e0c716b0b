package dingtalk

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"gendan/bot/chat"
)

// shownCard is what a card instance shows now, and for whom. A tap tells only the instance.
type shownCard struct {
	Card         string              `json:"card"` // Card.ID
	Asker        chat.PeerID         `json:"asker,omitempty"`
	Conversation chat.ConversationID `json:"conversation,omitempty"`
	Group        bool                `json:"group,omitempty"`
	Undelivered  bool                `json:"undelivered,omitempty"` // the instance exists but never reached a chat
	Status       string              `json:"status,omitempty"`      // how it ended, in the card's own words; "" while it can be pressed
}

// How long and how many shown cards are remembered. What is forgotten still works: an instance then stands for the card that it was made for.
const (
	rememberCards   = 30 * 24 * time.Hour
	rememberInHeart = 8192
)

// shownCards remembers which card each instance shows, here and in Redis.
type shownCards struct {
	all   *shared
	mu    sync.Mutex
	shown map[string]shownCard // by outTrackId
	track map[string]string    // Card.ID to outTrackId, where they differ
	order []string             // of shown, oldest first
}

func newShownCards(all *shared) *shownCards {
	return &shownCards{all: all, shown: map[string]shownCard{}, track: map[string]string{}}
}

// keep remembers that instance track shows c.
func (s *shownCards) keep(ctx context.Context, track string, c shownCard) {
	s.mu.Lock()
	if _, ok := s.shown[track]; !ok {
		s.order = append(s.order, track)
	}
	s.shown[track] = c
	if c.Card != track {
		s.track[c.Card] = track
	}
	for len(s.order) > rememberInHeart {
		old := s.shown[s.order[0]]
		delete(s.track, old.Card)
		delete(s.shown, s.order[0])
		s.order = s.order[1:]
	}
	s.mu.Unlock()
	b, err := json.Marshal(c)
	if err != nil {
		return
	}
	s.all.visit(ctx, func(ctx context.Context, rdb redis.UniversalClient) error {
		_, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, s.all.prefix+"shown:"+track, b, rememberCards)
			if c.Card != track {
				p.Set(ctx, s.all.prefix+"track:"+c.Card, track, rememberCards)
			}
			return nil
		})
		return err
	})
}

// shownIn is what instance track shows; an unknown one shows the card it was made for.
func (s *shownCards) shownIn(ctx context.Context, track string) shownCard {
	var c shownCard
	if json.Unmarshal(s.all.get(ctx, "shown:"+track), &c) == nil && c.Card != "" { // another process may have changed the card
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.shown[track]; ok {
		return c
	}
	return shownCard{Card: track}
}

// trackOf is the instance that shows card.
func (s *shownCards) trackOf(ctx context.Context, card string) string {
	s.mu.Lock()
	track := s.track[card]
	_, own := s.shown[card]
	s.mu.Unlock()
	if track == "" && !own {
		track = string(s.all.get(ctx, "track:"+card))
	}
	return first(track, card)
}

// tapping keeps the platform's rule that a card is not changed while a callback of it waits for its answer: a change that
// overtakes the answer is covered by it, and the card says 处理中 for ever. Redis tells the other processes.
type tapping struct {
	all  *shared
	mu   sync.Mutex
	open map[string]int
	free map[string]chan struct{}
	seen map[string]bool // frames that were answered as new, here
	past []string        // of seen, oldest first
}

// afterAnswer is the time for the SDK to write the answer that a handler returned.
const afterAnswer = 100 * time.Millisecond

// The platform gives up on a callback after tapGivenUp. A frame may be pushed again for a while; frames answered are
// remembered rememberTaps in Redis, and so many of them here.
const (
	tapGivenUp   = 2 * time.Second
	rememberTaps = time.Hour
	tapsInHeart  = 4096
)

func newTapping(all *shared) *tapping {
	return &tapping{all: all, open: map[string]int{}, free: map[string]chan struct{}{}, seen: map[string]bool{}}
}

// first reports whether frame was not answered before. What a repeated push shows may come after the press was settled,
// so it must not say again that it is being worked on.
func (t *tapping) first(ctx context.Context, frame string) bool {
	if frame == "" {
		return true
	}
	t.mu.Lock()
	was := t.seen[frame]
	if !was {
		t.seen[frame], t.past = true, append(t.past, frame)
		if len(t.past) > tapsInHeart {
			delete(t.seen, t.past[0])
			t.past = t.past[1:]
		}
	}
	t.mu.Unlock()
	if was {
		return false
	}
	isNew := true
	t.all.visit(ctx, func(ctx context.Context, rdb redis.UniversalClient) error {
		ok, err := rdb.SetNX(ctx, t.all.prefix+"tapped:"+frame, 1, rememberTaps).Result()
		isNew = ok || err != nil
		return err
	})
	return isNew
}

// begin marks a callback of track as unanswered until shortly after the function it gives is called.
func (t *tapping) begin(track string) func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[track]++; t.open[track] == 1 {
		t.free[track] = make(chan struct{})
		defer t.all.set(context.Background(), "tapping:"+track, []byte("1"), tapGivenUp)
	}
	return func() { time.AfterFunc(afterAnswer, func() { t.end(track) }) }
}

func (t *tapping) end(track string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[track]--; t.open[track] <= 0 {
		close(t.free[track])
		delete(t.open, track)
		delete(t.free, track)
		go t.all.visit(context.Background(), func(ctx context.Context, rdb redis.UniversalClient) error {
			return rdb.Del(ctx, t.all.prefix+"tapping:"+track).Err()
		})
	}
}

// wait returns when no callback of track is unanswered, at the latest when the platform has given up on it.
func (t *tapping) wait(ctx context.Context, track string) error {
	t.mu.Lock()
	free := t.free[track]
	t.mu.Unlock()
	if free == nil {
		for end := time.Now().Add(tapGivenUp); time.Now().Before(end) && t.all.get(ctx, "tapping:"+track) != nil; {
			if err := sleep(ctx, afterAnswer/2); err != nil { // another process has it
				return err
			}
		}
		return nil
	}
	timer := time.NewTimer(tapGivenUp)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-free:
	case <-timer.C:
	}
	return nil
}
