package crm

import "time"

// GatheringID is the number of a gathering.
type GatheringID int64

// SignupID is the number of a sign-up: what a customer shows at the door.
type SignupID int64

// Gathering (活动) is an occasion to which customers are invited: a tasting, a talk, an open day. Colleagues sign their
// customers up until it is full, and after that onto a waiting list. In actions it is called an event.
type Gathering struct {
	ID       GatheringID
	Name     string
	At       time.Time // UTC; zero when not set yet
	Place    string
	Capacity int // how many people; 0 is any number
}

// The states of a sign-up (报名).
const (
	SignupIn      = "in"      // has a place
	SignupWaiting = "waiting" // on the waiting list, in the order of their numbers
)

// Signup (报名) is a customer's place at a gathering. It is made by a colleague, moves up from the waiting list when a place
// becomes free, and ends by being taken back. A customer has one at most.
type Signup struct {
	ID        SignupID
	Gathering GatheringID
	Customer  CustomerID
	By        UserID // who signed them up, and is told
	Contact   string // who comes; "" when not said
	Count     int    // people, at least one
	State     string
	Came      time.Time // UTC; zero until they are there
}

// SignupState is the state of a sign-up for count people where taken of capacity are taken.
func SignupState(capacity, taken, count int) string {
	if capacity > 0 && taken+count > capacity {
		return SignupWaiting
	}
	return SignupIn
}

// CheckGathering refuses a gathering that cannot be.
func CheckGathering(g Gathering, now time.Time) error {
	switch n := len([]rune(g.Name)); {
	case n == 0:
		return Refuse(ErrInvalid, "活动叫什么？比如「建活动 新品品鉴会，下周六下午2点」。")
	case n > 60:
		return Refuse(ErrInvalid, "活动名有 %d 个字，太长了，请说短一点。", n)
	case g.Capacity < 0 || g.Capacity > 1_000_000:
		return Refuse(ErrInvalid, "名额「%d」不对，说个人数，比如「30人」。", g.Capacity)
	case !g.At.IsZero() && g.At.Before(now):
		return Refuse(ErrInvalid, "活动时间已经过了，请说个以后的时间，比如「下周六下午2点」。")
	}
	return nil
}

// GatheringEve is when colleagues are told of a gathering that begins at: at ten in the morning of the day before; zero when
// that is past.
func GatheringEve(at, now time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	t := at.In(Shanghai)
	eve := time.Date(t.Year(), t.Month(), t.Day()-1, 10, 0, 0, 0, Shanghai)
	if !eve.After(now) {
		return time.Time{}
	}
	return eve.UTC()
}
