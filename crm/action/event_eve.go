package action

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// KindEventEve is the kind of the timer that rings the day before a gathering: its subject is the gathering.
const KindEventEve = "event.eve"

const eveMost = 10_000 // sign-ups that are told of at once

// EventEve tells each colleague which of their customers come to a gathering, and the customers when and where it is, with the
// number to show at the door. A gathering that was taken back, or has no sign-ups, says nothing.
func (x *Executor) EventEve(ctx context.Context, tx *store.Tx, id crm.GatheringID) error {
	rows, err := tx.Gatherings(ctx, store.GatheringQuery{ID: int64(id), Limit: 1})
	if err != nil || len(rows) == 0 {
		return err
	}
	g := rows[0]
	signups, err := tx.AllSignups(ctx, id, 0, eveMost)
	if err != nil || len(signups) == 0 {
		return err
	}
	r := newRun(x, tx, Request{Actor: crm.System, Via: "timer", Key: fmt.Sprintf("event-eve:%d:%d", id, g.Version)})
	when := r.sayWhen(g.Gathering())
	var offers []crm.Offer
	names := map[int64][]string{}
	var users []int64
	for _, s := range signups {
		if names[s.By] == nil {
			users = append(users, s.By)
		}
		names[s.By] = append(names[s.By], s.Name)
		offers = append(offers, crm.Offer{CustomerID: crm.CustomerID(s.Customer), Purpose: crm.Transaction, Source: "event", SourceID: int64(id), Step: "eve", Auto: true,
			Text:  eveText(g.Place),
			Fills: map[string]string{"时间": when, "活动": g.Name, "地点": g.Place, "签到号": strconv.FormatInt(s.ID, 10)},
			Until: g.Gathering().At, Owner: crm.UserID(s.By), Key: fmt.Sprintf("event:%d:%d", id, s.ID)})
	}
	slices.Sort(users)
	for _, user := range users {
		list := names[user]
		told := strings.Join(list[:min(8, len(list))], "、")
		if len(list) > 8 {
			told += fmt.Sprintf("等 %d 位", len(list))
		}
		r.inform(user, News{Topic: EventTomorrow, Record: crm.Ref{Kind: crm.KindGathering, ID: g.ID, Name: g.Name}, Content: told, Need: strings.TrimSpace(when + " " + g.Place), Lines: len(list)})
	}
	if err := r.reach(ctx, offers); err != nil {
		return err
	}
	return r.leaveNotices()
}

// eveText is what a customer reads the day before.
func eveText(place string) string {
	if place == "" {
		return "{{称呼}}，提醒您{{时间}}参加「{{活动}}」，到了报签到号 {{签到号}} 就行。"
	}
	return "{{称呼}}，提醒您{{时间}}在{{地点}}参加「{{活动}}」，到了报签到号 {{签到号}} 就行。"
}
