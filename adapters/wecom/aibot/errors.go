package aibot

import (
	"errors"
	"fmt"
)

// Error is the platform's refusal of a frame.
type Error struct {
	Cmd  string // of the refused frame
	Code int    // errcode
	Msg  string // errmsg
}

func (e *Error) Error() string { return fmt.Sprintf("aibot: %s: errcode %d: %s", e.Cmd, e.Code, e.Msg) }

// Is lets errors.Is(err, ErrReqID) and errors.Is(err, ErrWindow) recognise the platform's codes.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrReqID:
		return e.Code == 846605
	case ErrWindow:
		return e.Code == 846608
	}
	return false
}

var (
	// ErrReqID means that a callback cannot be answered this way: its req_id is unknown, of a lost connection
	// or of an event (errcode 846605). A push may still work.
	ErrReqID = errors.New("aibot: invalid req_id")
	// ErrWindow means that the stream's 6 to 10 minutes are over (errcode 846608): go on with a push.
	ErrWindow = errors.New("aibot: answer window is over")
	// ErrOffline means that nothing was sent, for there is no subscribed connection in this process.
	ErrOffline = errors.New("aibot: not connected")
	// ErrNoAck means that a frame was sent and the platform did not say what became of it. It may have arrived.
	ErrNoAck = errors.New("aibot: no acknowledgement")
	// ErrBusy means that too many frames already wait for the same req_id; nothing was sent.
	ErrBusy = errors.New("aibot: too many frames wait for this req_id")
	// ErrKicked means that another connection of the same bot took over. A client that reconnects by itself
	// after it would fight that one for ever.
	ErrKicked = errors.New("aibot: another connection of this bot took over")
)
