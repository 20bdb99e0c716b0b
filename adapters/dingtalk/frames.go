package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"go.uber.org/zap"

	"gendan/bot/chat"
)

// tapPatience is how long a card callback waits for the inbox: the client shows an error after 2 s.
const tapPatience = 1500 * time.Millisecond

// storePatience bounds one call of the handler.
const storePatience = 5 * time.Second

// unacknowledged is what a handler panics with to leave its frame without an answer. The SDK offers no other
// way, and DingTalk pushes only an unanswered message again (after about a minute); an error answer loses it.
type unacknowledged struct{}

func (unacknowledged) String() string {
	return "not stored, left unacknowledged so that it is pushed again"
}

// frames are the handlers of the frames of all connections.
type frames struct {
	a    *Adapter
	hear chat.Handler
	run  context.Context // of Run: ends waiting for a broken store at shutdown
	read reader
	busy gate
}

// gate counts handlers at work; once closed it lets no more in. (A sync.WaitGroup must not be entered while it is waited for.)
type gate struct {
	mu     sync.Mutex
	n      int
	closed bool
	empty  chan struct{}
}

// enter counts a handler in and gives what counts it out. After close its frame is left for the next start.
func (g *gate) enter() func() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		panic(unacknowledged{})
	}
	g.n++
	return g.leave
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n--; g.n == 0 && g.closed {
		close(g.empty)
	}
}

// close waits for the handlers at work.
func (g *gate) close() {
	g.mu.Lock()
	g.closed, g.empty = true, make(chan struct{})
	if g.n == 0 {
		close(g.empty)
	}
	g.mu.Unlock()
	<-g.empty
}

// message takes a bot message: decode, store, acknowledge. What can never be read is acknowledged and logged,
// because pushing it again would not help.
func (f *frames) message(_ context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
	defer f.busy.enter()()
	m, err := f.decode(df)
	f.advise(m, err)
	switch {
	case err != nil:
		f.a.log.Warn("bot message dropped", zap.String("frame", df.GetMessageId()), zap.Error(err))
	case f.store(m, f.a.cfg.Patience) != nil:
		panic(unacknowledged{})
	}
	return answer(`{"response":null}`), nil
}

// advise tells the administrator what a message shows to be set up wrongly.
func (f *frames) advise(m chat.Message, err error) {
	_, known := staffID(m.From)
	switch {
	case errors.Is(err, errForeign):
		f.a.advise("收到了发给另一个钉钉机器人的消息，没有处理；请到开放平台「机器人」页核对 RobotCode。")
	case err != nil:
	case m.Trouble != "":
		f.a.advise(m.Trouble)
	case !known && !m.Group:
		f.a.advise("钉钉没有告诉我们是谁发的消息：应用多半还没有发布版本，请到开放平台「版本管理与发布」发布后再试。")
	}
}

// decode is reader.message behind a recover of our own: the SDK's would leave the frame to be pushed for ever.
func (f *frames) decode(df *payload.DataFrame) (m chat.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			f.a.log.Error("bot message", zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f.read.message([]byte(df.Data), df.GetMessageId())
}

// store hands m to the inbox and, while that fails, again for as long as patience lasts: a restart of the
// database must not cost a message. The connection's own context is not used, since losing the
// connection is no reason to lose the message.
func (f *frames) store(m chat.Message, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	var err error
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		if err = f.storeOnce(m, min(storePatience, time.Until(deadline))); err == nil {
			return nil
		}
		if time.Now().Add(pause).After(deadline) || sleep(f.run, pause) != nil {
			f.a.log.Error("message not stored", zap.String("id", m.ID), zap.Error(err))
			return err
		}
	}
}

func (f *frames) storeOnce(m chat.Message, within time.Duration) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.run), within)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f.hear(ctx, m)
}

// errNotStored is what the platform is told; the true reason stays in our log.
var errNotStored = errors.New("not stored")

// tap takes a pressed card button: store, then answer with the card in its working state, within 2 s.
func (f *frames) tap(_ context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
	defer f.busy.enter()()
	t, err := readTap([]byte(df.Data))
	if err != nil {
		f.a.log.Warn("card callback dropped", zap.String("frame", df.GetMessageId()), zap.Error(err))
		return answer(`{"response":null}`), nil
	}
	defer f.a.tapping.begin(t.outTrackID)()
	shown := f.a.cards.shownIn(f.run, t.outTrackID)
	m := t.message(shown, df.GetMessageId(), f.a.cfg.Now())
	if err := f.store(m, tapPatience); err != nil {
		return nil, errNotStored // the client shows that it failed and the person taps again
	}
	if !f.a.tapping.first(f.run, df.GetMessageId()) {
		return answer(`{"response":null}`), nil
	}
	return answer(tapAnswer(shown, m.From)), nil
}

// Event is a subscribed event of the organisation, as it came.
type Event struct {
	ID   string          // the same for a repeated push
	Type string          // "user_leave_org", "bpms_instance_change", …
	At   time.Time       // UTC
	Data json.RawMessage // as the platform describes it
}

// event stores an event when somebody wants it, and hints that the directory changed.
func (f *frames) event(_ context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
	defer f.busy.enter()()
	h := event.NewEventHeaderFromDataFrame(df)
	if f.a.cfg.OnEvent != nil {
		e := Event{ID: first(h.EventId, df.GetMessageId()), Type: h.EventType, At: time.UnixMilli(h.EventBornTime).UTC()}
		if json.Valid([]byte(df.Data)) {
			e.Data = json.RawMessage(df.Data)
		}
		if err := f.onEvent(e); err != nil {
			f.a.log.Error("event not stored", zap.String("id", e.ID), zap.String("type", e.Type), zap.Error(err))
			return answer(`{"status":"LATER","message":"not stored"}`), nil
		}
	}
	if changesDirectory(h.EventType) {
		f.hint()
	}
	return answer(`{"status":"SUCCESS","message":"success"}`), nil
}

func (f *frames) onEvent(e Event) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.run), storePatience)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f.a.cfg.OnEvent(ctx, e)
}

// hint says that the directory changed.
func (f *frames) hint() {
	defer func() {
		if p := recover(); p != nil {
			f.a.log.Error("directory hint", zap.Any("panic", p))
		}
	}()
	if f.a.cfg.OnDirectoryChange != nil {
		f.a.cfg.OnDirectoryChange()
	}
}

// changesDirectory reports whether an event means that [Adapter.People] would now say something else.
func changesDirectory(kind string) bool {
	switch kind {
	case "user_add_org", "user_modify_org", "user_leave_org", "user_active_org",
		"org_dept_create", "org_dept_modify", "org_dept_remove":
		return true
	}
	return false
}

// answer is an acknowledgement with data as its JSON text.
func answer(data string) *payload.DataFrameResponse {
	r := payload.NewSuccessDataFrameResponse()
	r.Message = "OK"
	r.SetData(data)
	return r
}
