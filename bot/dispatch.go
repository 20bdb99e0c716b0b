package bot

import (
	"context"
	"sync"
)

// dispatcher hands conversations to workers: one conversation is never with two workers of this process,
// and a ring that arrives while it is being worked on is answered by one more round. What it holds is only
// a reminder to look: the messages themselves stand in the inbox, so a lost or dropped entry costs time
// (the sweep finds it) and nothing else.
type dispatcher struct {
	mu      sync.Mutex
	waiting map[string]string // conversation → whose message rang
	running map[string]bool
	queue   []string
	wake    chan struct{}
	most    int
}

func newDispatcher(most int) *dispatcher {
	return &dispatcher{
		waiting: make(map[string]string),
		running: make(map[string]bool),
		wake:    make(chan struct{}, 1),
		most:    most,
	}
}

// ring asks for a look at conversation. Beyond the bound it is left to the sweep.
func (d *dispatcher) ring(conversation, peer string) {
	d.mu.Lock()
	if _, ok := d.waiting[conversation]; !ok && len(d.waiting) < d.most {
		d.waiting[conversation] = peer
		if !d.running[conversation] {
			d.queue = append(d.queue, conversation)
		}
	}
	d.mu.Unlock()
	d.nudge()
}

func (d *dispatcher) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// next takes the conversation that has waited longest, or waits for one.
func (d *dispatcher) next(ctx context.Context) (conversation, peer string, ok bool) {
	for {
		d.mu.Lock()
		if len(d.queue) > 0 {
			conversation = d.queue[0]
			d.queue = d.queue[1:]
			peer = d.waiting[conversation]
			delete(d.waiting, conversation)
			d.running[conversation] = true
			more := len(d.queue) > 0
			d.mu.Unlock()
			if more {
				d.nudge()
			}
			return conversation, peer, true
		}
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", "", false
		case <-d.wake:
		}
	}
}

// done gives conversation back; it is queued again when it rang meanwhile.
func (d *dispatcher) done(conversation string) {
	d.mu.Lock()
	delete(d.running, conversation)
	_, again := d.waiting[conversation]
	if again {
		d.queue = append(d.queue, conversation)
	}
	d.mu.Unlock()
	if again {
		d.nudge()
	}
}

// idle reports whether nothing waits and nothing runs.
func (d *dispatcher) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting) == 0 && len(d.running) == 0
}

// Idle reports whether this process has no conversation in hand and none waiting.
func (b *Bot) Idle() bool { return b.rings.idle() }
