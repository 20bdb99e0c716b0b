package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

const (
	askLife   = 10 * time.Minute // a question or a card that would write waits this long
	focusLife = 24 * time.Hour   // "这单" means what was spoken of within a day
	mostMinds = 40               // people remembered in one group
)

// memory is what a conversation remembers between turns. It is the conversation's state in the store,
// sealed there, so it may hold what was said.
type memory struct {
	Minds map[chat.PeerID]*mind `json:"minds,omitempty"` // one in a 1:1 chat, one for each speaker in a group
	Guest *guestTalk            `json:"guest,omitempty"` // with a customer
}

// mind is the memory about one speaker in one conversation.
type mind struct {
	At      time.Time     `json:"at"` // of the last message
	Focus   action.Focus  `json:"focus,omitzero"`
	Pending *pending      `json:"pending,omitempty"`
	Aside   []pending     `json:"aside,omitempty"`   // questions that wait behind it, the latest last
	List    []crm.Ref     `json:"list,omitempty"`    // the last numbered list, so that 「完成 1」 means something
	Plain   bool          `json:"plain,omitempty"`   // since then one record was spoken of by itself: what has no name is about that one
	Page    *page         `json:"page,omitempty"`    // how to go on with 「更多」
	Past    []receipt     `json:"past,omitempty"`    // Earlier, as an older version wrote it
	Earlier earlier       `json:"earlier,omitempty"` // receipts before Last, so that one that is quoted can be put right
	Wall    *crm.Ref      `json:"wall,omitempty"`    // what only a colleague can open, so that 「申请协作」 means something
	Record  *recordDraft  `json:"record,omitempty"`  // the draft of a chat record, which waits beside the questions
	Parts   []recordDraft `json:"parts,omitempty"`   // the rest of a record of several customers, each a draft of its own
	Offered *offered      `json:"offered,omitempty"`
	Canned  *canned       `json:"canned,omitempty"`
	Last    *receipt      `json:"last,omitempty"` // the last write, for 「撤销」 and 「不对,是35万」

	idle time.Duration // since the message before this one
}

// pending is the one open question of a speaker.
type pending struct {
	Kind    string             `json:"kind"`              // "confirm", "pick" or "ask"
	Told    bool               `json:"told,omitempty"`    // that it still waits, after something else was done
	Back    bool               `json:"back,omitempty"`    // it was taken up again in words only: its card is not what was shown last
	Echoed  int                `json:"echoed,omitempty"`  // how often the question was said again to somebody who asked back
	Job     string             `json:"job,omitempty"`     // the same for all questions that one job costs
	Left    []string           `json:"left,omitempty"`    // parameters that were left out because nobody could say them
	Missing []string           `json:"missing,omitempty"` // what the receipt says is missing
	Card    string             `json:"card,omitempty"`
	Calls   []action.Call      `json:"calls"`
	Chosen  map[string]crm.Ref `json:"chosen,omitempty"`
	Pick    *action.Pick       `json:"pick,omitempty"`
	Begin   string             `json:"begin,omitempty"` // the slot whose record is to be begun when it is still unknown
	Ask     *action.Ask        `json:"ask,omitempty"`
	Text    string             `json:"text"` // what the speaker had said
	Title   string             `json:"title,omitempty"`
	Focus   *action.Focus      `json:"focus,omitempty"` // as it was when the question was put; what is looked up meanwhile does not change it
	Expires time.Time          `json:"expires"`
	Page    int                `json:"page,omitempty"`   // of a list
	Asked   int                `json:"asked"`            // questions so far for this job
	Sure    bool               `json:"sure,omitempty"`   // the speaker has confirmed; do not ask about risk again
	Redo    []string           `json:"redo,omitempty"`   // undo codes of what this takes the place of, newest first
	Amends  *receipt           `json:"amends,omitempty"` // the run that this puts right by a change of its own
	Doubt   string             `json:"doubt,omitempty"`  // why it is shown first however sure it is: it was read in a picture
	Shown   map[string]crm.Ref `json:"shown,omitempty"`  // what the card shows that nobody said: who would have a ticket
	Contact *readCard          `json:"contact,omitempty"`
}

// page continues a list.
type page struct {
	Calls []action.Call `json:"calls"`
	Next  int           `json:"next"` // from 0
}

// receipt remembers the last write.
type receipt struct {
	Undo    string        `json:"undo,omitempty"`
	Card    string        `json:"card,omitempty"`
	On      string        `json:"on,omitempty"` // the question's card that was answered, and shows the receipt now
	Calls   []action.Call `json:"calls,omitempty"`
	Records []crm.Ref     `json:"records,omitempty"` // what each of Calls made or changed
	At      time.Time     `json:"at"`

	Older  []string           `json:"older,omitempty"`  // undo codes of the runs that Calls were done by before, newest first
	Chosen map[string]crm.Ref `json:"chosen,omitempty"` // what the speaker had picked for Calls
	Before action.Focus       `json:"before,omitzero"`  // what was spoken of before Calls
	Sure   bool               `json:"sure,omitempty"`   // the speaker had confirmed Calls
}

// codes are the undo codes of everything that Calls stand for, newest first.
func (r *receipt) codes() []string {
	if r.Undo == "" {
		return nil
	}
	return append([]string{r.Undo}, r.Older...)
}

func remember(c store.Conversation) (*memory, error) {
	m := &memory{}
	if len(c.State) > 0 {
		if err := json.Unmarshal(c.State, m); err != nil {
			return nil, fmt.Errorf("conversation %s: state: %w", c.ID, err)
		}
	}
	if m.Minds == nil {
		m.Minds = make(map[chat.PeerID]*mind)
	}
	return m, nil
}

// of returns what is remembered about peer at now, with what has grown too old left out.
func (m *memory) of(peer chat.PeerID, now time.Time) *mind {
	d := m.Minds[peer]
	if d == nil {
		d = &mind{}
		m.Minds[peer] = d
	}
	d.idle = now.Sub(d.At)
	if d.idle > focusLife {
		d.Focus, d.List, d.Plain, d.Page, d.Last, d.Past, d.Earlier, d.Wall = action.Focus{}, nil, false, nil, nil, nil, nil, nil
	}
	d.At = now
	for len(m.Minds) > mostMinds {
		var oldest chat.PeerID
		for p, other := range m.Minds {
			if oldest == "" || other.At.Before(m.Minds[oldest].At) {
				oldest = p
			}
		}
		delete(m.Minds, oldest)
	}
	return d
}

// behind remembers what the speaker was refused because it is a colleague's; other refusals change nothing.
func (d *mind) behind(wall crm.Ref) {
	if wall.ID != 0 {
		d.Wall = &wall
	}
}

// open returns the question that waits for an answer at now, or nil.
func (d *mind) open(now time.Time) *pending {
	if d.Pending == nil || !now.Before(d.Pending.Expires) {
		return nil
	}
	return d.Pending
}

// asks is the question that shows card; nil when there is none.
func (d *mind) asks(card string) *pending {
	if d.Pending != nil && d.Pending.Card == card {
		return d.Pending
	}
	for i := range d.Aside {
		if d.Aside[i].Card == card {
			return &d.Aside[i]
		}
	}
	return nil
}

func (m *memory) state() (json.RawMessage, error) { return json.Marshal(m) }
