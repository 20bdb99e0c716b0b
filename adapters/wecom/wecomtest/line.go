package wecomtest

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Commands of the long connection (长连接).
const (
	cmdSubscribe    = "aibot_subscribe"
	cmdPing         = "ping"
	cmdMessage      = "aibot_msg_callback"
	cmdEvent        = "aibot_event_callback"
	cmdRespond      = "aibot_respond_msg"
	cmdWelcome      = "aibot_respond_welcome_msg"
	cmdUpdate       = "aibot_respond_update_msg"
	cmdSend         = "aibot_send_msg"
	cmdUploadInit   = "aibot_upload_media_init"
	cmdUploadChunk  = "aibot_upload_media_chunk"
	cmdUploadFinish = "aibot_upload_media_finish"
)

// line is the bot's end of the platform: at most one subscribed connection.
type line struct {
	mu   sync.Mutex
	live *socket
	all  map[*socket]struct{}
}

// socket is one WebSocket connection, subscribed or not.
type socket struct {
	ws     *websocket.Conn
	out    chan []byte   // frames to write; nil asks to close after what is queued
	closed chan struct{} // closed when the socket is dead
	once   sync.Once
}

func (k *socket) close() {
	k.once.Do(func() {
		close(k.closed)
		k.ws.Close()
	})
}

// send queues a frame; false when the socket is dead.
func (k *socket) send(frame []byte) bool {
	select {
	case <-k.closed:
		return false
	default:
	}
	select {
	case k.out <- frame:
		return true
	case <-k.closed:
		return false
	}
}

func (k *socket) write() {
	defer k.close()
	for {
		select {
		case frame := <-k.out:
			k.ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if frame == nil {
				k.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
				return
			}
			if k.ws.WriteMessage(websocket.TextMessage, frame) != nil {
				return
			}
		case <-k.closed:
			return
		}
	}
}

func (l *line) current() *socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live
}

// drop cuts every connection without a word.
func (l *line) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.all {
		k.close()
	}
}

func (l *line) join(k *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[*socket]struct{}{}
	}
	l.all[k] = struct{}{}
}

func (l *line) leave(k *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, k)
	if l.live == k {
		l.live = nil
	}
}

// Connected tells whether a bot is subscribed.
func (s *Server) Connected() bool { return s.line.current() != nil }

// DropConnection cuts the bot's connection without a word, as a broken network does.
func (s *Server) DropConnection() {
	s.note(Entry{Kind: KindConn, Door: DoorBot, Text: "dropped"})
	s.line.drop()
}

// KickConnection tells the bot that another connection took its place, and closes.
func (s *Server) KickConnection() {
	if k := s.line.current(); k != nil {
		s.kick(k)
	}
}

func (s *Server) kick(k *socket) {
	s.note(Entry{Kind: KindConn, Door: DoorBot, Text: "kicked"})
	body, _ := json.Marshal(map[string]any{
		"msgid": s.ids.botMsgID(), "create_time": s.Now().Unix(), "aibotid": s.cfg.BotID, "msgtype": "event",
		"event": map[string]any{"eventtype": "disconnected_event"},
	})
	s.line.mu.Lock()
	if s.line.live == k {
		s.line.live = nil
	}
	s.line.mu.Unlock()
	k.send(pushFrame(cmdEvent, s.ids.opaque("", 18), body))
	k.send(nil)
}

var upgrader = websocket.Upgrader{
	ReadBufferSize: 4096, WriteBufferSize: 4096,
	CheckOrigin: func(*http.Request) bool { return true }, // the platform serves programs, not pages
}

func (s *Server) serveLine(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		http.NotFound(w, r)
		return
	}
	s.learnURL(r)
	for _, f := range s.faults.take("connect", DoorBot, FaultDelay, FaultRefuse) {
		s.note(Entry{Kind: KindFault, Door: DoorBot, Text: f.Kind + " connect", Code: f.Code})
		if f.Kind == FaultDelay {
			s.pause(f.Delay)
			continue
		}
		code := f.Code
		if code == 0 {
			code = http.StatusServiceUnavailable
		}
		http.Error(w, http.StatusText(code), code)
		return
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	ws.SetReadLimit(2 << 20) // a chunk of 512 KB in base64 is 700 KB
	k := &socket{ws: ws, out: make(chan []byte, 1024), closed: make(chan struct{})}
	s.line.join(k)
	s.note(Entry{Kind: KindConn, Door: DoorBot, Text: "connected"})
	if !s.spawn(k.write) {
		k.close()
	}
	defer func() {
		s.line.leave(k)
		k.close()
		s.note(Entry{Kind: KindConn, Door: DoorBot, Text: "closed"})
	}()
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		s.frame(k, data, r.RemoteAddr)
	}
}

// request is a frame from the bot.
type request struct {
	Cmd     string `json:"cmd"`
	Headers struct {
		ReqID string `json:"req_id"`
	} `json:"headers"`
	Body json.RawMessage `json:"body"`
}

// frame answers one frame from the bot.
func (s *Server) frame(k *socket, data []byte, remote string) {
	var q request
	if err := json.Unmarshal(data, &q); err != nil {
		s.refuse(k, "", fail(47001, "data format error"), remote, "frame that is no JSON")
		return
	}
	lose := false
	for _, f := range s.faults.take(q.Cmd, DoorBot, FaultDelay, FaultErrcode, FaultLostAck) {
		s.note(Entry{Kind: KindFault, Door: DoorBot, Text: f.Kind + " " + q.Cmd, ReqID: q.Headers.ReqID, Code: f.Code})
		switch f.Kind {
		case FaultDelay:
			s.pause(f.Delay)
		case FaultErrcode:
			s.refuse(k, q.Headers.ReqID, f.refusal(), remote, q.Cmd)
			return
		case FaultLostAck:
			lose = true
		}
	}
	if q.Cmd != cmdSubscribe && s.line.current() != k {
		s.refuse(k, q.Headers.ReqID, fail(40001, "not subscribed"), remote, q.Cmd)
		return
	}
	body, err := s.command(k, &q)
	switch {
	case err != nil:
		reqID := q.Headers.ReqID
		if err.Code == 40058 {
			reqID = "" // the platform forgets the headers of these
		}
		if !lose {
			s.refuse(k, reqID, err, remote, q.Cmd)
		}
	case !lose:
		k.send(ackFrame(q.Headers.ReqID, body))
	}
}

func (s *Server) command(k *socket, q *request) ([]byte, *apiError) {
	switch q.Cmd {
	case cmdSubscribe:
		return nil, s.subscribe(k, q.Body)
	case cmdPing:
		return nil, nil
	case cmdRespond:
		return nil, s.respond(q)
	case cmdWelcome:
		return nil, s.welcome(q)
	case cmdUpdate:
		return nil, s.updateBotCard(q)
	case cmdSend:
		return nil, s.botSend(q)
	case cmdUploadInit, cmdUploadChunk, cmdUploadFinish:
		body, err := s.botUpload(q)
		s.note(Entry{Kind: KindAPI, Door: DoorBot, Text: q.Cmd, ReqID: q.Headers.ReqID, Code: codeOf(err)})
		return body, err
	default:
		return nil, fail(40035, "invalid cmd")
	}
}

func (s *Server) subscribe(k *socket, body json.RawMessage) *apiError {
	var sub struct {
		BotID  string `json:"bot_id"`
		Secret string `json:"secret"`
	}
	json.Unmarshal(body, &sub)
	if sub.BotID != s.cfg.BotID || sub.Secret != s.cfg.BotSecret {
		return fail(40001, "invalid credential")
	}
	s.line.mu.Lock()
	old := s.line.live
	s.line.live = k
	s.line.mu.Unlock()
	s.note(Entry{Kind: KindConn, Door: DoorBot, Text: "subscribed"})
	if old != nil && old != k {
		s.kick(old)
	}
	return nil
}

// refuse acknowledges with an errcode; an empty reqID leaves the headers out.
func (s *Server) refuse(k *socket, reqID string, err *apiError, remote, what string) {
	s.counts.refused.Add(1)
	s.note(Entry{Kind: KindAPI, Door: DoorBot, Text: what, ReqID: reqID, Code: err.Code})
	ack := map[string]any{"errcode": err.Code, "errmsg": s.hint(err, remote)}
	if reqID != "" {
		ack["headers"] = map[string]string{"req_id": reqID}
	}
	frame, _ := json.Marshal(ack)
	k.send(frame)
}

// pushFrame writes a callback; reqID is one of ours and needs no escaping.
func pushFrame(cmd, reqID string, body []byte) []byte {
	b := make([]byte, 0, 64+len(cmd)+len(reqID)+len(body))
	b = append(append(b, `{"cmd":"`...), cmd...)
	b = append(append(b, `","headers":{"req_id":"`...), reqID...)
	b = append(append(b, `"},"body":`...), body...)
	return append(b, '}')
}

func ackFrame(reqID string, body []byte) []byte {
	id, _ := json.Marshal(reqID)
	b := make([]byte, 0, 64+len(id)+len(body))
	b = append(append(b, `{"headers":{"req_id":`...), id...)
	b = append(b, `},"errcode":0,"errmsg":"ok"`...)
	if body != nil {
		b = append(append(b, `,"body":`...), body...)
	}
	return append(b, '}')
}
