package bot

import (
	"sync"
	"time"

	"gendan/crm"
)

// When people are told what they did not ask for. A reminder that somebody set for a time rings at that time; everything
// else keeps to these.
const (
	quietFrom  = 22 * 60 // minutes after midnight, by the reader's clock: nothing more today
	quietUntil = 8 * 60  // what waited comes as one message
	mostPushes = 5       // within pushWindow; what comes after waits for its end and comes as one message
	pushWindow = 10 * time.Minute
)

// restful tells whether a minute of the day lies within the quiet hours.
func restful(minute int) bool { return minute >= quietFrom || minute < quietUntil }

// afterRest is the first moment from now on that is not within the quiet hours of zone.
func afterRest(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	if !restful(local.Hour()*60 + local.Minute()) {
		return now
	}
	day := local.Day()
	if local.Hour()*60+local.Minute() >= quietFrom {
		day++
	}
	return time.Date(local.Year(), local.Month(), day, quietUntil/60, quietUntil%60, 0, 0, zone)
}

// pace remembers the latest pushes of this process to each person.
type pace struct {
	mu   sync.Mutex
	sent map[crm.UserID][]time.Time
}

// next is when user may be told something at the earliest: now, or a later moment.
func (p *pace) next(user crm.Actor, now time.Time) time.Time {
	if at := afterRest(now, user.Location()); at.After(now) {
		return at
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := recent(p.sent[user.UserID], now)
	if len(sent) < mostPushes {
		return now
	}
	return sent[len(sent)-mostPushes].Add(pushWindow)
}

// told notes that user was told something at now.
func (p *pace) told(user crm.UserID, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil {
		p.sent = map[crm.UserID][]time.Time{}
	}
	if len(p.sent) > 10_000 { // people of long ago
		for u, sent := range p.sent {
			if len(recent(sent, now)) == 0 {
				delete(p.sent, u)
			}
		}
	}
	p.sent[user] = append(recent(p.sent[user], now), now)
}

// recent are the times of sent that lie within the window before now.
func recent(sent []time.Time, now time.Time) []time.Time {
	for len(sent) > 0 && !now.Before(sent[0].Add(pushWindow)) {
		sent = sent[1:]
	}
	return sent
}
