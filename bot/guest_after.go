package bot

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"gendan/crm"
)

const (
	guestAfterLife = 24 * time.Hour // words after closing are about the closed ticket so long
	guestWordMost  = 30             // characters of what is a word after closing, and no new matter
)

// justClosed tells whether the guest's last matter was closed a short while ago, and nothing is open.
func (q *guestTurn) justClosed() bool {
	return q.ticket == nil && q.closed != nil && q.closed.ClosedAt != nil && q.now.Sub(*q.closed.ClosedAt) < guestAfterLife
}

// askedAtEnd tells whether the closed ticket was closed with a question: then 好的 is an answer to it, and no thanks.
func (q *guestTurn) askedAtEnd() bool {
	return readGuestWords(q.words, q.closed.Resolution, false).question
}

// isWord tells whether text is a short word about what was closed, rather than a new matter or a question.
func (q *guestTurn) isWord(says guestSays, text string) bool {
	if says.question || says.trouble != "" || len([]rune(crm.Fold(text))) > guestWordMost {
		return false
	}
	_, known := q.known(text) // 保修期: a question without a question word
	return !known
}

// parted answers thanks or assent after closing: a friendly word, and nobody else hears of it.
func (q *guestTurn) parted() error {
	q.small = true
	if q.now.Sub(q.talk.Parted) >= guestAckEvery {
		q.talk.Parted, q.talk.Prompt = q.now, q.now
		q.tell("guest_parted", nil)
	}
	return nil
}

// passOn puts a word into the closed ticket, which stays closed, and whoever closed it hears it.
func (q *guestTurn) passOn(text string) error {
	t := q.closed
	key := fmt.Sprintf("%s:%s:%d", q.message.Platform, q.message.ID, q.deeds)
	if _, err := q.do("ticket.said", map[string]any{"ticket": t.ID, "content": clipRunes(text, ticketMost), "message": key, "after": true}); err != nil {
		return err
	}
	if q.now.Sub(q.talk.Acked) < guestAckEvery && t.ClosedAt != nil && !q.talk.Acked.Before(*t.ClosedAt) {
		return nil
	}
	q.talk.Acked = q.now
	who := t.OwnerName
	if t.ClosedBy != 0 && t.ClosedBy != t.OwnerID {
		by, err := q.bot.store.UserByID(q.ctx, t.ClosedBy)
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return err
		}
		who = by.Name
	}
	q.tell("guest_passed", map[string]any{"Number": int64(t.ID), "Who": cmp.Or(who, "同事")})
	q.offer(buttonHuman)
	return nil
}

// reopen begins a matter anew that was closed a short while ago. Everybody who followed it hears so with the customer's
// words; they are in its story once more as they were written.
func (q *guestTurn) reopen(text string) error {
	t := q.closed
	if _, err := q.do("ticket.reopen", map[string]any{"ticket": t.ID, "reason": "客户说「" + clipRunes(oneLine(text), 60) + "」"}); err != nil {
		return err
	}
	q.ticket, q.closed = t, nil
	if err := q.again(); err != nil {
		return err
	}
	if err := q.saidAs(t.ID, text, true); err != nil {
		return err
	}
	if err := q.again(); err != nil {
		return err
	}
	q.talk.Acked = time.Time{}
	if err := q.tellTicket("guest_reopened"); err != nil {
		return err
	}
	q.offer(buttonStatus, buttonHuman)
	return nil
}
