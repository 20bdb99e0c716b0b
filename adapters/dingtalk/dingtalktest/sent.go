package dingtalktest

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

var errNotSent = errors.New("dingtalktest: no such person or sent message")

// sentMessage is a message sent by OpenAPI, kept for recall and read state.
type sentMessage struct {
	key   string
	at    time.Time
	chats []string // conversation ids
	group bool
	read  map[string]time.Time
	gone  bool
}

// maxSends bounds the sent messages that can be recalled or queried.
const maxSends = 20000

// keepSend remembers a sent message. The caller holds s.mu.
func (s *Server) keepSend(m *sentMessage) {
	s.sends[m.key] = m
	s.sendOrder = append(s.sendOrder, m.key)
	if len(s.sendOrder) > maxSends {
		delete(s.sends, s.sendOrder[0])
		s.sendOrder = s.sendOrder[1:]
	}
}

// recall takes messages back, within 24 hours and without a trace in the chat.
func (s *Server) recall(c *call) (any, *refusal) {
	var in struct {
		RobotCode          string   `json:"robotCode"`
		OpenConversationID string   `json:"openConversationId"`
		ProcessQueryKeys   []string `json:"processQueryKeys"`
	}
	if no := c.into(&in, "invalidParameter.param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.RobotCode != s.cfg.RobotCode {
		return nil, bad("invalidParameter.robotCode.notExsit", "robotCode 不存在")
	}
	if n := len(in.ProcessQueryKeys); n == 0 || n > 20 {
		return nil, bad("invalidParameter.param.invalid", "processQueryKeys 必须是 1 到 20 个")
	}
	done, failed := []string{}, map[string]string{}
	for _, key := range in.ProcessQueryKeys {
		m := s.sends[key]
		switch {
		case m == nil || m.group && !slices.Contains(m.chats, in.OpenConversationID):
			failed[key] = "resource.not.found"
		case s.now().Sub(m.at) > 24*time.Hour:
			failed[key] = "processQueryKey.expireTime"
		default:
			m.gone = true
			for _, id := range m.chats {
				if b := s.chats[id].byID[key]; b != nil {
					b.Recalled = true
				}
				s.log.add(Entry{At: s.now(), Kind: KindRecall, User: s.chats[id].user, Conversation: id, ID: key})
			}
			done = append(done, key)
		}
	}
	return map[string]any{"successResult": done, "failedResult": failed}, nil
}

func (s *Server) readStatus(c *call) (any, *refusal) {
	q := c.r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.sends[q.Get("processQueryKey")]
	if m == nil || m.group {
		return nil, bad("resource.not.found", "processQueryKey 不存在")
	}
	list := []map[string]any{}
	for _, id := range m.chats {
		user := s.chats[id].user
		one := map[string]any{"userId": user, "readStatus": "UNREAD"}
		if u := s.people[user]; u != nil {
			one["name"] = u.Name
		}
		if at, ok := m.read[user]; ok {
			one["readStatus"], one["readTimestamp"] = "READ", at.UnixMilli()
		}
		list = append(list, one)
	}
	return map[string]any{"sendStatus": m.status(), "messageReadInfoList": list}, nil
}

func (m *sentMessage) status() string {
	if m.gone {
		return "RECALLED"
	}
	return "SUCCESS"
}

func (s *Server) groupRead(c *call) (any, *refusal) {
	var in struct {
		OpenConversationID string `json:"openConversationId"`
		ProcessQueryKey    string `json:"processQueryKey"`
	}
	if no := c.into(&in, "invalidParameter.param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.sends[in.ProcessQueryKey]
	if m == nil || !m.group || m.chats[0] != in.OpenConversationID {
		return nil, bad("resource.not.found", "processQueryKey 不存在")
	}
	users := []string{}
	for u := range m.read {
		users = append(users, u)
	}
	slices.Sort(users)
	return map[string]any{"sendStatus": m.status(), "readUserIds": users, "hasMore": false}, nil
}

// Read makes a person read a message that was sent by OpenAPI or as a card, and pushes the event of it.
func (s *Server) Read(user, processQueryKey string) error {
	s.mu.Lock()
	m, u := s.sends[processQueryKey], s.people[user]
	if m == nil || u == nil {
		s.mu.Unlock()
		return errNotSent
	}
	m.read[user] = s.now()
	data := map[string]any{"unionId": u.UnionID, "userId": user, "operatTime": strconv.FormatInt(s.now().UnixMilli(), 10), "processQueryKey": processQueryKey, "robotCode": s.cfg.RobotCode}
	if m.group {
		data["openConversationId"] = m.chats[0]
	}
	s.mu.Unlock()
	_, err := s.Event("robot_msg_read", data)
	return err
}
