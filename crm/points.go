package crm

import (
	"slices"
	"time"
)

// PointsID is the number of an entry of the points ledger. It is no record number: nobody says it.
type PointsID int64

// The kinds of entries of the points ledger.
const (
	PointsEarn   = "earn"   // by a purchase
	PointsAdjust = "adjust" // by a colleague
	PointsRedeem = "redeem" // for a gift
	PointsExpire = "expire" // their time is over
	PointsRefund = "refund" // the purchase or the deed that an entry came of was taken back
)

// PointsForever is the last day of points that do not end.
const PointsForever = "9999-12-31"

// PointsLot are points that end together. In an entry they are signed: what it added to that lot or took from it.
type PointsLot struct {
	Last   string // the last day on which they are good, 2006-01-02
	Points int64
}

// PointsSource is the purchase that an entry came of; the zero value is none.
type PointsSource struct {
	Kind Kind  // KindOrder, KindDeal
	ID   int64 // of the record
}

// PointsEntry is a line of the points ledger (积分流水). It is never changed and never deleted: what was wrong gets
// another line. The Points of a customer's lines add up to the balance, their Owed to what the customer owes.
type PointsEntry struct {
	ID       PointsID
	Customer CustomerID
	Seq      int       // 1 is the customer's first
	At       time.Time // UTC
	Kind     string
	Points   int64 // signed
	Owed     int64 // signed: points that should have been taken back and were spent before; later ones pay for them first
	Balance  int64 // after it
	Lots     []PointsLot
	Source   PointsSource
	Reverses PointsID // the entry that it takes back; 0 for none
	Amount   Money    // of the purchase, negative when it was taken back: what counts for the tier
	Counts   string   // the day of the purchase, 2006-01-02; "" when it counts for no tier
	By       UserID   // 0 is the service itself
	Gift     string
	Gifts    int // how many of it, negative when they came back
	Note     string
	Key      string // unique among all entries; "" when what it came of sees to it that it happens once
}

// Value is what the entry was worth to the customer, whether it moved the balance or a debt.
func (e PointsEntry) Value() int64 { return e.Points - e.Owed }

// PointsAccount is a customer's points (积分) and tier. It is made by the first purchase or by joining, changed by entries of the
// ledger only, and never ends. Balance and Owed are never both above zero, and neither is ever below.
type PointsAccount struct {
	Customer  CustomerID
	Member    bool      // has joined, by being asked or by a first purchase
	Joined    time.Time // UTC; zero when not a member
	JoinedBy  PointsSource
	Balance   int64
	Owed      int64
	Earned    int64       // in all time by purchases
	Lots      []PointsLot // what is left, the first to end first; they add up to Balance
	Warned    string      // of lots that end up to this day the customer was told
	Tier      string      // "" is the first tier
	TierUntil string      // the last day of the tier; "" when it does not end
	TierWarn  bool        // it was told that the tier ends
	Birthdays []string    // MM-DD: the customer's own and its contacts'
	Seq       int         // of the last entry
	Version   int         // of the membership
}

// CheckPoints refuses what cannot be a number of points to move.
func CheckPoints(n int64) error {
	if n == 0 || n > 100_000_000 || n < -100_000_000 {
		return Refuse(ErrInvalid, "积分数「%d」不对，请再说一遍，比如「加100积分」。", n)
	}
	return nil
}

// next begins an entry of a, which the caller completes and passes to close.
func (a *PointsAccount) next(kind string) PointsEntry {
	a.Seq++
	return PointsEntry{Customer: a.Customer, Seq: a.Seq, Kind: kind}
}

// Put adds n points that are good through last. What the customer owes is paid first.
func (a *PointsAccount) Put(kind string, n int64, last string) PointsEntry {
	e := a.next(kind)
	a.put(&e, n, last)
	e.Balance = a.Balance
	return e
}

func (a *PointsAccount) put(e *PointsEntry, n int64, last string) {
	pay := min(n, a.Owed)
	a.Owed -= pay
	e.Owed -= pay
	a.move(e, last, n-pay)
}

// Take spends n points, those that end first. It refuses with ErrConflict when there are fewer.
func (a *PointsAccount) Take(kind string, n int64) (PointsEntry, error) {
	if a.Balance < n {
		return PointsEntry{}, Refuse(ErrConflict, "积分不够：现有 %d 分，要用 %d 分，还差 %d 分。", a.Balance, n, n-a.Balance)
	}
	e := a.next(kind)
	a.take(&e, n)
	e.Balance = a.Balance
	return e, nil
}

func (a *PointsAccount) take(e *PointsEntry, n int64) {
	for n > 0 && len(a.Lots) > 0 {
		lot := a.Lots[0]
		part := min(n, lot.Points)
		a.move(e, lot.Last, -part)
		n -= part
	}
}

// Recall takes back n points that were good through last: what is left of them, then those that end first, and what is
// spent already is owed.
func (a *PointsAccount) Recall(kind string, n int64, last string) PointsEntry {
	e := a.next(kind)
	for _, lot := range a.Lots {
		if lot.Last == last {
			part := min(n, lot.Points)
			a.move(&e, last, -part)
			n -= part
			break
		}
	}
	part := min(n, a.Balance)
	a.take(&e, part)
	a.Owed += n - part
	e.Owed = n - part
	e.Balance = a.Balance
	return e
}

// Counter is the entry that takes back e, a colleague's change or a gift: points go back to where they came from. It
// refuses with ErrConflict when points that e gave are spent.
func (a *PointsAccount) Counter(e PointsEntry) (PointsEntry, error) {
	if e.Points > a.Balance {
		return PointsEntry{}, Refuse(ErrConflict, "这 %d 分已经用掉一部分了（还剩 %d 分），撤销不了，请直接扣减。", e.Points, a.Balance)
	}
	var back PointsEntry
	if e.Value() > 0 {
		last := ""
		if len(e.Lots) > 0 {
			last = e.Lots[0].Last
		}
		back = a.Recall(PointsRefund, e.Value(), last)
	} else {
		back = a.next(PointsRefund)
		for _, lot := range e.Lots {
			a.put(&back, -lot.Points, lot.Last)
		}
		back.Balance = a.Balance
	}
	back.Reverses, back.Gift, back.Gifts, back.Source = e.ID, e.Gift, -e.Gifts, e.Source
	return back, nil
}

// Expire ends the points that were good before today; ok is false when there are none.
func (a *PointsAccount) Expire(today string) (e PointsEntry, ok bool) {
	if len(a.Lots) == 0 || a.Lots[0].Last >= today {
		return e, false
	}
	e = a.next(PointsExpire)
	for len(a.Lots) > 0 && a.Lots[0].Last < today {
		a.move(&e, a.Lots[0].Last, -a.Lots[0].Points)
	}
	e.Balance = a.Balance
	return e, true
}

// move adds n to the lot that ends on last, and notes it in e.
func (a *PointsAccount) move(e *PointsEntry, last string, n int64) {
	if n == 0 {
		return
	}
	a.Lots = intoLots(slices.Clone(a.Lots), last, n)
	e.Lots = intoLots(e.Lots, last, n)
	a.Balance += n
	e.Points += n
}

// intoLots adds n to the lot of that day; a lot of nothing is gone.
func intoLots(lots []PointsLot, last string, n int64) []PointsLot {
	i, found := slices.BinarySearchFunc(lots, last, func(l PointsLot, last string) int {
		switch {
		case l.Last < last:
			return -1
		case l.Last > last:
			return 1
		}
		return 0
	})
	if !found {
		return slices.Insert(lots, i, PointsLot{Last: last, Points: n})
	}
	if lots[i].Points += n; lots[i].Points == 0 {
		return slices.Delete(lots, i, i+1)
	}
	return lots
}

// NextEnd is the day on which the first points end; "" when none do.
func (a *PointsAccount) NextEnd() string {
	if len(a.Lots) == 0 || a.Lots[0].Last == PointsForever {
		return ""
	}
	return a.Lots[0].Last
}

// Ending are the points that end from today up to day, and the day of the first of them. What has ended and stands there until the
// night is none of them: see [PointsAccount.Ended].
func (a *PointsAccount) Ending(today, day string) (points int64, first string) {
	for _, lot := range a.Lots {
		if lot.Last > day {
			break
		}
		if lot.Last < today {
			continue
		}
		if first == "" {
			first = lot.Last
		}
		points += lot.Points
	}
	return points, first
}

// Ended are the points whose last day is over and that the night takes away.
func (a *PointsAccount) Ended(today string) (points int64) {
	for _, lot := range a.Lots {
		if lot.Last < today {
			points += lot.Points
		}
	}
	return points
}

// WarnOn is the day on which to tell that points end, days before they do; "" when nothing is to be told.
func (a *PointsAccount) WarnOn(days int) string {
	for _, lot := range a.Lots {
		if lot.Last > a.Warned && lot.Last != PointsForever {
			return dayAfter(lot.Last, -days)
		}
	}
	return ""
}

// dayAfter is the day n days after day; "" for "".
func dayAfter(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}
