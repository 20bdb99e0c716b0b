package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// BriefAt moves one's own morning brief.
type BriefAt struct {
	At string `json:"at" doc:"*几点，比如 08:30；off 就不再发"`
}

// BriefHour is Data of brief.at.
type BriefHour struct {
	At string `json:"at,omitempty"` // "08:30"; "" is never
}

// quietMorning is before when nobody is woken by a brief, in minutes after midnight.
const quietMorning = 7 * 60

func briefAt(ctx context.Context, r *run, p *BriefAt) (*Result, error) {
	minute := -1
	if p.At != "off" {
		if at, err := time.Parse(time.RFC3339, p.At); err == nil { // an answer to the question below
			p.At = at.In(r.zone).Format("15:04")
		}
		hour, rest, ok := strings.Cut(p.At, ":")
		h, err := strconv.Atoi(hour)
		m, err2 := strconv.Atoi(rest)
		if !ok || err != nil || err2 != nil || h < 0 || h > 23 || m < 0 || m > 59 {
			return nil, r.ask("at", "简报改到几点？比如「8点半」。")
		}
		if minute = h*60 + m; minute < quietMorning || minute > 21*60 {
			return nil, r.ask("at", "简报在早上 7 点到晚上 9 点之间发，改到几点？比如「8点半」。")
		}
	}
	was, err := r.tx.MyBrief(ctx)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindUser, ID: int64(r.req.Actor.UserID), Name: "简报"}
	res := &Result{Record: ref}
	if was == minute {
		return view(res, BriefHour{At: sayMinute(minute)})
	}
	res.Changes = []Change{{Record: ref, Field: "简报", Old: sayBrief(was), New: sayBrief(minute)}}
	r.then(func(ctx context.Context) error {
		was, err := r.tx.BriefAt(ctx, minute)
		if err != nil {
			return err
		}
		r.tx.BriefMoved(was)
		r.audit("brief.at", ref, res.Changes)
		r.event("brief.moved", ref, nil)
		return nil
	})
	r.title("简报时间")
	return view(res, BriefHour{At: sayMinute(minute)})
}

// briefBack puts the brief back to when it was.
func (r *run) briefBack(ctx context.Context, step store.UndoStep) (version int, err error) {
	var before struct {
		Minute int `json:"brief_minute"`
	}
	if err := json.Unmarshal(step.Before, &before); err != nil {
		return 0, fmt.Errorf("brief of %d: %w", step.ID, err)
	}
	_, err = r.tx.BriefAt(ctx, before.Minute)
	return 0, err
}

// sayMinute is a time of day, "" for none.
func sayMinute(minute int) string {
	if minute < 0 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", minute/60, minute%60)
}

func sayBrief(minute int) string {
	if minute < 0 {
		return "不发"
	}
	return sayMinute(minute)
}
