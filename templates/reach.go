package templates

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"gendan/crm"
)

//go:embed */reach.json
var reachFiles embed.FS

// reachWords is reach.json of a pack.
type reachWords struct {
	Order   map[string][]string `json:"order"` // the ladder by purpose; "" for those that have none
	Quiet   *reachQuiet         `json:"quiet"`
	Month   *int                `json:"month"`     // messages of marketing and care to one customer in a month; 0 is no bound
	Gap     *float64            `json:"gap_hours"` // between two of them
	Caps    map[string]int      `json:"caps"`      // by channel, in a month
	Assumed map[string][]string `json:"assumed"`   // channels by purpose that need no word of the customer
	KfKeep  *int                `json:"kf_keep"`   // of the five messages of a dialogue: kept for service
	Owner   struct {
		Told    string `json:"told"`            // when owners hear what leaves by itself today
		Objects *int   `json:"objects_minutes"` // and how long they can object; 0 is not at all
		Asks    int    `json:"asks_days"`       // how long an offer waits for its owner's tap
		Ends    *int   `json:"ends_days"`       // and how long for everything: then it is closed; 0 is never
	} `json:"owner"`
	Most  int      `json:"most"`  // customers of one message
	Stop  []string `json:"stop"`  // what customers write to end offers,
	Again []string `json:"again"` // and to allow them again
}

type reachQuiet struct{ From, To string }

// Reach are a pack's rules of reaching customers.
type Reach struct {
	crm.ReachPolicy
	stop  []string // folded
	again []string
}

// Says tells whether a customer's whole message ends offers, or allows them again. Words among others are no such message:
// 「退订单怎么弄」 is a question.
func (r *Reach) Says(text string) (stop, again bool) {
	f := crm.Fold(text)
	for _, polite := range []string{"谢谢", "请", "麻烦", "你好", "您好", "我要", "我想", "帮我", "给我", "了", "吧", "啊", "哦", "呢", "谢"} {
		if slices.Contains(r.stop, f) || slices.Contains(r.again, f) {
			break
		}
		f = strings.TrimSuffix(strings.TrimPrefix(f, polite), polite)
	}
	return slices.Contains(r.stop, f), slices.Contains(r.again, f)
}

// Reach gives the pack's rules of reaching customers. What an industry's file leaves out is as in the default one.
func (p *Pack) Reach() (*Reach, error) {
	r := &Reach{ReachPolicy: crm.DefaultReachPolicy}
	for _, name := range []string{"default", p.Name} {
		raw, err := fs.ReadFile(reachFiles, name+"/reach.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var w reachWords
		if err == nil {
			err = json.Unmarshal(raw, &w)
		}
		if err == nil {
			err = r.take(w)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: reach.json: %w", name, err)
		}
	}
	return r, nil
}

// MustReach is [Pack.Reach] of a pack that comes with the program.
func MustReach(p *Pack) *Reach {
	r, err := p.Reach()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return r
}

func (r *Reach) take(w reachWords) error {
	minutes := func(at *int, said string) error {
		if said == "" {
			return nil
		}
		t, err := time.Parse("15:04", said)
		if err != nil {
			return fmt.Errorf("%w: time %q", crm.ErrInvalid, said)
		}
		*at = t.Hour()*60 + t.Minute()
		return nil
	}
	if w.Quiet != nil {
		if err := errors.Join(minutes(&r.QuietFrom, w.Quiet.From), minutes(&r.QuietTo, w.Quiet.To)); err != nil {
			return err
		}
	}
	if err := minutes(&r.Tell, w.Owner.Told); err != nil {
		return err
	}
	if w.Order != nil {
		r.Order = w.Order
	}
	if w.Caps != nil {
		r.Caps = w.Caps
	}
	if w.Assumed != nil {
		r.Assumed = w.Assumed
	}
	if w.Month != nil {
		r.Month = *w.Month
	}
	if w.Gap != nil {
		r.Gap = time.Duration(*w.Gap * float64(time.Hour))
	}
	if w.KfKeep != nil {
		r.KfKeep = *w.KfKeep
	}
	if w.Owner.Objects != nil {
		r.Objects = time.Duration(*w.Owner.Objects) * time.Minute
	}
	set(&r.AskLife, time.Duration(w.Owner.Asks)*24*time.Hour)
	if w.Owner.Ends != nil {
		r.Life = time.Duration(*w.Owner.Ends) * 24 * time.Hour
	}
	set(&r.Most, w.Most)
	for list, words := range map[*[]string][]string{&r.stop: w.Stop, &r.again: w.Again} {
		if words == nil {
			continue
		}
		*list = nil
		for _, word := range words {
			*list = append(*list, crm.Fold(word))
		}
	}
	return r.Check()
}
