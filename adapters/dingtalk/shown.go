package dingtalk

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"gendan/bot/chat"
)

// shownCard is what a card instance shows now, and for whom. A tap tells only the instance.
type shownCard struct {
	Card         string              `json:"card"` // Card.ID
	Asker        chat.PeerID         `json:"asker,omitempty"`
	Conversation chat.ConversationID `json:"conversation,omitempty"`
	Group        bool                `json:"group,omitempty"`
	Undelivered  bool                `json:"undelivered,omitempty"` // the instance exists but never reached a chat
}

// How long and how many shown cards are remembered. What is forgotten still works: an instance then stands for the card that it was made for.
const (
	rememberCards   = 30 * 24 * time.Hour
	rememberInHeart = 8192
)

// shownCards remembers which card each instance shows, here and in Redis.
type shownCards struct {
	cfg   Config
	mu    sync.Mutex
	shown map[string]shownCard // by outTrackId
	track map[string]string    // Card.ID to outTrackId, where they differ
	order []string             // of shown, oldest first
}

func newShownCards(cfg Config) *shownCards {
	return &shownCards{cfg: cfg, shown: map[string]shownCard{}, track: map[string]string{}}
}

func (s *shownCards) key(kind, id string) string {
	return "gendan:{dingtalk:" + s.cfg.ClientID + "}:" + kind + ":" + id
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
	if s.cfg.Redis == nil {
		return
	}
	b, err := json.Marshal(c)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	pipe := s.cfg.Redis.Pipeline()
	pipe.Set(ctx, s.key("shown", track), b, rememberCards)
	if c.Card != track {
		pipe.Set(ctx, s.key("track", c.Card), track, rememberCards)
	}
	_, _ = pipe.Exec(ctx) // only other processes miss it
}

// shownIn is what instance track shows; an unknown one shows the card it was made for.
func (s *shownCards) shownIn(ctx context.Context, track string) shownCard {
	if s.cfg.Redis != nil { // another process may have changed the card
		ctx, cancel := context.WithTimeout(ctx, redisPatience)
		defer cancel()
		var c shownCard
		if b, err := s.cfg.Redis.Get(ctx, s.key("shown", track)).Bytes(); err == nil && json.Unmarshal(b, &c) == nil && c.Card != "" {
			return c
		}
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
	if track == "" && !own && s.cfg.Redis != nil {
		ctx, cancel := context.WithTimeout(ctx, redisPatience)
		defer cancel()
		track, _ = s.cfg.Redis.Get(ctx, s.key("track", card)).Result()
	}
	return first(track, card)
}

// tapping keeps the platform's rule that a card is not changed while a callback of it waits for its answer.
type tapping struct {
	mu   sync.Mutex
	open map[string]int
	free map[string]chan struct{}
}

// afterAnswer is the time for the SDK to write the answer that a handler returned.
const afterAnswer = 100 * time.Millisecond

func newTapping() *tapping {
	return &tapping{open: map[string]int{}, free: map[string]chan struct{}{}}
}

// begin marks a callback of track as unanswered until shortly after the function it gives is called.
func (t *tapping) begin(track string) func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[track]++; t.open[track] == 1 {
		t.free[track] = make(chan struct{})
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
	}
}

// wait returns when no callback of track is unanswered, at the latest when the platform has given up on it.
func (t *tapping) wait(ctx context.Context, track string) error {
	t.mu.Lock()
	free := t.free[track]
	t.mu.Unlock()
	if free == nil {
		return nil
	}
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-free:
	case <-timer.C:
	}
	return nil
}
