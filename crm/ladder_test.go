package crm

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// noon is 2026-11-18 12:00 in Shanghai, a Wednesday.
var noon = time.Date(2026, 11, 18, 4, 0, 0, 0, time.UTC)

func everyDoor() ReachDoors {
	return ReachDoors{Kf: true, KfSpoke: noon.Add(-time.Hour), Contact: true, SMS: true, Mail: true, Link: true}
}

func TestChooseChannel(t *testing.T) {
	t.Parallel()
	policy := DefaultReachPolicy
	yes := func(channels ...string) (c Consents) {
		for _, ch := range channels {
			c = append(c, Consent{Marketing, ch, true})
		}
		return c
	}
	month := policy.MonthOf(noon)
	for name, c := range map[string]struct {
		ask      ReachAsk
		doors    func(*ReachDoors)
		consents Consents
		count    ReachCount
		at       time.Time
		want     string // channel
		wait     time.Time
		why      string
	}{
		"the dialogue is nearest":               {want: ByKf},
		"48 hours after the last word":          {doors: func(d *ReachDoors) { d.KfSpoke = noon.Add(-48 * time.Hour) }, want: ByContact},
		"two of five are kept for service":      {doors: func(d *ReachDoors) { d.KfSent = 3 }, want: ByContact},
		"the third of five":                     {doors: func(d *ReachDoors) { d.KfSent = 2 }, want: ByKf},
		"takes no messages":                     {doors: func(d *ReachDoors) { d.KfRefuse = true }, want: ByContact},
		"one group-send a day":                  {doors: only(ByContact), count: ReachCount{Month: month, Contacted: policy.DayOf(noon)}, wait: noon.Add(21 * time.Hour), why: "今天已经群发过"},
		"yesterday's group-send":                {doors: only(ByContact), count: ReachCount{Month: month, Contacted: policy.DayOf(noon.Add(-24 * time.Hour))}, want: ByContact},
		"messages need consent":                 {doors: only(BySMS), why: "客户没有同意短信营销"},
		"consent to messages":                   {doors: only(BySMS), consents: yes(BySMS), want: BySMS},
		"consent to all":                        {doors: only(BySMS), consents: yes(AnyChannel), want: BySMS},
		"care needs none":                       {ask: ReachAsk{Purpose: Care}, doors: only(BySMS), want: BySMS},
		"unsubscribed":                          {consents: Consents{{Marketing, AnyChannel, false}, {Marketing, ByKf, true}}, why: "客户退订了营销"},
		"unsubscribed from another purpose":     {consents: Consents{{Care, AnyChannel, false}}, want: ByKf},
		"not by this channel":                   {consents: Consents{{Marketing, ByKf, false}}, want: ByContact},
		"an open complaint":                     {ask: ReachAsk{Ticket: 1042}, why: "工单 #1042"},
		"care despite a complaint":              {ask: ReachAsk{Purpose: Care, Ticket: 1042}, want: ByKf},
		"at 21:00":                              {at: noon.Add(9 * time.Hour), wait: noon.Add(21 * time.Hour), why: "晚上不打扰"},
		"at 20:59":                              {at: noon.Add(9*time.Hour - time.Minute), want: ByKf},
		"at 08:59":                              {at: noon.Add(-3*time.Hour - time.Minute), doors: only(ByContact), wait: noon.Add(-3 * time.Hour)},
		"at 09:00":                              {at: noon.Add(-3 * time.Hour), doors: only(ByContact), want: ByContact},
		"at midnight":                           {at: noon.Add(12 * time.Hour), doors: only(ByContact), wait: noon.Add(21 * time.Hour)},
		"a birthday that ends before the day":   {ask: ReachAsk{Purpose: Care, Until: noon.Add(12 * time.Hour)}, at: noon.Add(10 * time.Hour), why: "已经过了时候"},
		"too late":                              {ask: ReachAsk{Until: noon}, why: "已经过了时候"},
		"the month is full":                     {count: ReachCount{Month: month, Unasked: 4}, why: "到上限"},
		"a new month":                           {count: ReachCount{Month: month.AddDate(0, -1, 0), Unasked: 4, By: map[string]int{ByKf: 9}}, want: ByKf},
		"too soon":                              {count: ReachCount{Month: month, Unasked: 1, UnaskedAt: noon.Add(-time.Hour)}, wait: noon.Add(23 * time.Hour), why: "隔一段时间"},
		"too soon, in the month before":         {count: ReachCount{Month: month.AddDate(0, -1, 0), UnaskedAt: noon.Add(-time.Hour)}, wait: noon.Add(23 * time.Hour)},
		"a transaction is not counted":          {ask: ReachAsk{Purpose: Transaction}, count: ReachCount{Month: month, Unasked: 4, UnaskedAt: noon}, want: ByKf},
		"a channel's bound":                     {doors: only(BySMS, ByLink), consents: yes(BySMS), count: ReachCount{Month: month, By: map[string]int{BySMS: 2}}, want: ByLink},
		"what failed is not tried again":        {ask: ReachAsk{Tried: []string{ByKf}}, want: ByContact},
		"the next step of what was counted":     {ask: ReachAsk{Counted: true, Tried: []string{ByKf}}, count: ReachCount{Month: month, Unasked: 4, UnaskedAt: noon}, want: ByContact},
		"nothing is open":                       {doors: only(), why: "没有能联系上客户的渠道"},
		"the owner hands it on":                 {doors: only(ByLink), want: ByLink},
		"a new friend is greeted":               {doors: only(ByWelcome, BySMS), consents: yes(BySMS), want: ByWelcome},
		"what failed, and nothing else is open": {ask: ReachAsk{Tried: []string{ByMail}}, doors: only(ByMail), why: "邮件没有送到"},
	} {
		if c.ask.Purpose == "" {
			c.ask.Purpose = Marketing
		}
		d := everyDoor()
		if c.doors != nil {
			c.doors(&d)
		}
		if c.at.IsZero() {
			c.at = noon
		}
		got := ChooseChannel(c.ask, d, c.consents, c.count, c.at, &policy)
		if got.Channel != c.want || !got.Wait.Equal(c.wait) || !strings.Contains(got.Reason, c.why) {
			t.Errorf("%s: %+v, want %q, %v, %q", name, got, c.want, c.wait, c.why)
		}
	}
}

func only(channels ...string) func(*ReachDoors) {
	return func(d *ReachDoors) {
		*d = ReachDoors{KfSpoke: d.KfSpoke}
		for _, c := range channels {
			switch c {
			case ByKf:
				d.Kf = true
			case ByContact:
				d.Contact = true
			case ByWelcome:
				d.Welcome = true
			case BySMS:
				d.SMS = true
			case ByMail:
				d.Mail = true
			case ByLink:
				d.Link = true
			}
		}
	}
}

// TestChooseChannelKeepsEveryBound plays months of offers with any policy, doors and consents. Whatever is sent respects
// consent, quiet hours, every cap, the gap and open complaints; and what is to wait waits for a later moment.
func TestChooseChannelKeepsEveryBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		minute := rapid.IntRange(0, 1439)
		p := ReachPolicy{Zone: zone, Order: map[string][]string{"": rapid.Permutation(ReachChannels).Draw(t, "order")},
			QuietFrom: minute.Draw(t, "quiet from"), QuietTo: minute.Draw(t, "quiet to"), Month: rapid.IntRange(0, 5).Draw(t, "month"),
			Gap: time.Duration(rapid.IntRange(0, 72).Draw(t, "gap")) * time.Hour, Caps: map[string]int{}, Assumed: map[string][]string{},
			KfKeep: rapid.IntRange(0, 5).Draw(t, "keep"), AskLife: time.Hour, Most: 1}
		some := rapid.SliceOf(rapid.SampledFrom(ReachChannels))
		for _, purpose := range Purposes {
			p.Assumed[purpose] = some.Draw(t, "assumed")
		}
		for _, c := range some.Draw(t, "capped") {
			p.Caps[c] = rapid.IntRange(0, 3).Draw(t, "cap")
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		now := noon
		var count ReachCount
		unasked, days, last := map[time.Time]int{}, map[time.Time]int{}, time.Time{}
		by := map[string]int{}
		for range rapid.IntRange(1, 40).Draw(t, "offers") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40*60).Draw(t, "minutes")) * time.Minute)
			month := p.MonthOf(now)
			var consents Consents
			for _, c := range append([]string{AnyChannel}, ReachChannels...) {
				if rapid.Bool().Draw(t, "said") {
					consents = append(consents, Consent{Marketing, c, rapid.Bool().Draw(t, "allowed")})
				}
			}
			d := ReachDoors{KfSpoke: now.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "spoke")) * time.Hour), KfSent: rapid.IntRange(0, 5).Draw(t, "sent")}
			for _, b := range []*bool{&d.Kf, &d.KfRefuse, &d.Contact, &d.Welcome, &d.SMS, &d.Mail, &d.Link} {
				*b = rapid.Bool().Draw(t, "open")
			}
			ask := ReachAsk{Purpose: rapid.SampledFrom(Purposes).Draw(t, "purpose"), Tried: some.Draw(t, "tried")}
			ask.Counted = len(ask.Tried) > 0
			if rapid.IntRange(0, 3).Draw(t, "ticket") == 0 {
				ask.Ticket = 1042
			}
			got := ChooseChannel(ask, d, consents, count, now, &p)
			if got.Channel == "" {
				if got.Reason == "" || !got.Wait.IsZero() && !got.Wait.After(now) {
					t.Fatalf("%+v at %v", got, now)
				}
				continue
			}
			c := got.Channel
			if got.Reason != "" || !got.Wait.IsZero() {
				t.Fatalf("%+v is no one answer", got)
			}
			if !p.QuietUntil(now).IsZero() {
				t.Fatalf("sent in quiet hours: %v", now.In(zone))
			}
			if ask.Purpose == Marketing && ask.Ticket != 0 {
				t.Fatal("marketing with an open ticket")
			}
			for _, said := range consents {
				if said.Purpose == ask.Purpose && !said.Allowed && (said.Channel == c || said.Channel == AnyChannel) {
					t.Fatalf("%s against %+v", c, said)
				}
			}
			if c == ByKf && (!now.Before(d.KfSpoke.Add(GuestWindow)) || d.KfSent >= GuestMessages-p.KfKeep) {
				t.Fatalf("kf with %+v", d)
			}
			count = count.Add(ask, c, now, &p)
			by[month.String()+c]++
			if most, ok := p.Caps[c]; ok && by[month.String()+c] > most {
				t.Fatalf("%d by %s in %v, cap %d", by[month.String()+c], c, month, most)
			}
			if c == ByContact {
				if days[p.DayOf(now)]++; days[p.DayOf(now)] > 1 {
					t.Fatalf("two group-sends on %v", p.DayOf(now))
				}
			}
			if Unasked(ask.Purpose) && !ask.Counted {
				if unasked[month]++; p.Month > 0 && unasked[month] > p.Month {
					t.Fatalf("%d in %v, cap %d", unasked[month], month, p.Month)
				}
				if !last.IsZero() && now.Sub(last) < p.Gap {
					t.Fatalf("%v after the last, gap %v", now.Sub(last), p.Gap)
				}
				last = now
			}
		}
	})
}

// TestQuietUntil: the end of quiet hours lies ahead, at its minute of the company's day, and is not quiet itself.
func TestQuietUntil(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := ReachPolicy{Zone: time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600), QuietFrom: rapid.IntRange(0, 1439).Draw(t, "from"), QuietTo: rapid.IntRange(0, 1439).Draw(t, "to")}
		now := noon.Add(time.Duration(rapid.IntRange(0, 3*24*3600).Draw(t, "second")) * time.Second)
		end := p.QuietUntil(now)
		local := now.In(p.Zone)
		minute := local.Hour()*60 + local.Minute()
		quiet := p.QuietFrom < p.QuietTo && minute >= p.QuietFrom && minute < p.QuietTo || p.QuietFrom > p.QuietTo && (minute >= p.QuietFrom || minute < p.QuietTo)
		if quiet == end.IsZero() {
			t.Fatalf("%v, quiet %d to %d: %v", local, p.QuietFrom, p.QuietTo, end)
		}
		if !quiet {
			return
		}
		e := end.In(p.Zone)
		if !end.After(now) || end.Sub(now) > 24*time.Hour || e.Hour()*60+e.Minute() != p.QuietTo || !p.QuietUntil(end).IsZero() {
			t.Fatalf("%v, quiet %d to %d: ends %v", local, p.QuietFrom, p.QuietTo, e)
		}
	})
}

// TestLeaves: what leaves by itself is told its owner first, on the morning of its day, and leaves no sooner than it may.
func TestLeaves(t *testing.T) {
	t.Parallel()
	p := DefaultReachPolicy
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, Shanghai) }
	for name, c := range map[string]struct {
		o               Offer
		now, leave, say time.Time
	}{
		"by night":                      {Offer{Auto: true, Purpose: Marketing}, at(18, 3, 0), at(18, 10, 0), at(18, 9, 0)},
		"by day":                        {Offer{Auto: true, Purpose: Marketing}, at(18, 9, 1), at(19, 10, 0), at(19, 9, 0)},
		"for the afternoon, by night":   {Offer{Auto: true, Purpose: Care, NotBefore: at(18, 15, 0)}, at(18, 3, 0), at(18, 15, 0), at(18, 9, 0)},
		"for the afternoon, by noon":    {Offer{Auto: true, Purpose: Care, NotBefore: at(18, 15, 0)}, at(18, 12, 0), at(19, 10, 0), at(19, 9, 0)},
		"for another day":               {Offer{Auto: true, Purpose: Care, NotBefore: at(21, 8, 0)}, at(18, 12, 0), at(21, 10, 0), at(21, 9, 0)},
		"asks its owner anyway":         {Offer{Purpose: Marketing, NotBefore: at(18, 15, 0)}, at(18, 3, 0), at(18, 15, 0), time.Time{}},
		"answers what was just done":    {Offer{Auto: true, Prompt: true, Purpose: Marketing}, at(18, 11, 0), at(18, 11, 0), time.Time{}},
		"is needed":                     {Offer{Auto: true, Purpose: Transaction}, at(18, 11, 0), at(18, 11, 0), time.Time{}},
		"its time was before":           {Offer{Purpose: Marketing, NotBefore: at(1, 0, 0)}, at(18, 3, 0), at(18, 3, 0), time.Time{}},
		"at the very minute of telling": {Offer{Auto: true, Purpose: Marketing}, at(18, 9, 0), at(18, 10, 0), at(18, 9, 0)},
	} {
		due, tell := p.Leaves(c.o, c.now.UTC())
		if !due.Equal(c.leave) || !tell.Equal(c.say) {
			t.Errorf("%s: leaves %v, told %v", name, due.In(Shanghai), tell.In(Shanghai))
		}
	}
}

// TestAgreedHour plays what is said of an hour agreed on with the customer: no tap is waited for and no cap holds, but their word and the
// night do.
func TestAgreedHour(t *testing.T) {
	p := DefaultReachPolicy
	day := time.Date(2026, 11, 18, 10, 0, 0, 0, Shanghai)
	full := ReachCount{Month: p.MonthOf(day), By: map[string]int{BySMS: 9}}
	ask := ReachAsk{Purpose: Transaction, Agreed: true, Until: day.Add(46 * time.Hour)}
	for name, c := range map[string]struct {
		doors    ReachDoors
		consents Consents
		now      time.Time
		channel  string
		wait     bool
	}{
		"a friend is told by SMS, over the cap": {doors: ReachDoors{Contact: true, Welcome: true, SMS: true, Mail: true}, now: day, channel: BySMS},
		"no SMS":                                {doors: ReachDoors{Contact: true, SMS: true, Mail: true}, consents: Consents{{Transaction, BySMS, false}}, now: day, channel: ByMail},
		"nothing at all":                        {doors: ReachDoors{Contact: true, SMS: true, Link: true}, consents: Consents{{Transaction, AnyChannel, false}}, now: day},
		"no door but the tap":                   {doors: ReachDoors{Contact: true, Welcome: true}, now: day},
		"at night":                              {doors: ReachDoors{SMS: true}, now: day.Add(12 * time.Hour), wait: true},
		"at night, too late in the morning":     {doors: ReachDoors{SMS: true}, now: day.Add(44 * time.Hour)},
	} {
		got := ChooseChannel(ask, c.doors, c.consents, full, c.now, &p)
		if got.Channel != c.channel || got.Wait.IsZero() == c.wait {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
