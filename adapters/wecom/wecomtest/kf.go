package wecomtest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// DoorKF is WeChat customer service (微信客服): the journal's entries of it, and faults of its rings.
const DoorKF = "kf"

const (
	kfLogLife     = 3 * 24 * time.Hour // messages can be pulled so long
	kfTokenLife   = 10 * time.Minute   // of a ring's token
	kfWindow      = 48 * time.Hour     // a session, and the time to write after a customer's message
	kfAllowance   = 5                  // messages after each of the customer's
	kfWelcomeLife = 20 * time.Second   // of a welcome code and of the code at a session's end, by the wall clock
	kfPoolLife    = 48 * time.Hour     // of the codes at the queue
)

// KFAccount is a customer service account (客服账号).
type KFAccount struct {
	OpenKFID  string   `json:"open_kfid"`
	Name      string   `json:"name"`
	Servicers []string `json:"servicers"` // userids; they are on duty at first
}

// Customer is a person in WeChat who is no member of the corp.
type Customer struct {
	ID      string `json:"external_userid"`
	Name    string `json:"name"` // nickname
	UnionID string `json:"unionid,omitempty"`

	Company  string `json:"corp_name,omitempty"` // of a person in WeCom
	Position string `json:"position,omitempty"`  // as their own profile says
	WeCom    bool   `json:"wecom,omitempty"`     // a member of another corp (type 2) and nobody in WeChat
}

// The states of a session (service_state).
const (
	KFNew    = 0 // 未处理
	KFBot    = 1 // 由智能助手接待
	KFPool   = 2 // 待接入池排队中
	KFPerson = 3 // 由人工接待
	KFEnded  = 4 // 已结束, or not begun
)

// kfState is all of customer service.
type kfState struct {
	mu        sync.Mutex
	accounts  map[string]*kfAccount
	order     []string
	customers map[string]*Customer
	people    []string
	codes     map[string]*kfCode
}

type kfAccount struct {
	KFAccount
	offDuty map[string]bool
	log     []kfEntry
	base    int // number of log[0]
	pulls   int
	tokens  map[string]time.Time
	meter   meter // pulls without a token
	talks   map[string]*kfTalk
}

// kfEntry is a message that can be pulled.
type kfEntry struct {
	at  time.Time
	raw json.RawMessage
}

// kfTalk is one customer with one account.
type kfTalk struct {
	account  *kfAccount
	customer *Customer
	state    int
	servicer string
	pooled   bool      // the queue's code was given in this session
	manned   bool      // and the one of a person's taking over
	heard    time.Time // the customer's last message
	sent     int       // ours since then
	welcomed time.Time // the last welcome code
	ids      map[string]bool
	fail     int // the next message fails with this fail_type; below 0 is none
	show     []*Bubble
}

// kfCode is a code for send_msg_on_event.
type kfCode struct {
	talk *kfTalk
	made time.Time // wall clock
	at   time.Time // long clock
	life time.Duration
	menu bool // also a menu may be sent, as a welcome
	used bool
}

func (k *kfState) init(org Org) {
	k.accounts, k.customers, k.codes = map[string]*kfAccount{}, map[string]*Customer{}, map[string]*kfCode{}
	for _, a := range org.Accounts {
		k.addAccount(a)
	}
	for _, c := range org.Customers {
		k.addCustomer(c)
	}
}

func (k *kfState) addAccount(a KFAccount) {
	a.Servicers = slices.Clone(a.Servicers)
	if old := k.accounts[a.OpenKFID]; old != nil {
		old.KFAccount = a
		return
	}
	k.order = append(k.order, a.OpenKFID)
	k.accounts[a.OpenKFID] = &kfAccount{
		KFAccount: a, offDuty: map[string]bool{}, tokens: map[string]time.Time{}, talks: map[string]*kfTalk{},
	}
}

func (k *kfState) addCustomer(c Customer) {
	if k.customers[c.ID] == nil {
		k.people = append(k.people, c.ID)
		k.customers[c.ID] = &Customer{}
	}
	*k.customers[c.ID] = c
}

// AddKFAccount opens a customer service account, or changes one of that OpenKFID.
func (s *Server) AddKFAccount(a KFAccount) error {
	if a.OpenKFID == "" || a.Name == "" {
		return fmt.Errorf("wecomtest: an account needs open_kfid and name")
	}
	for _, id := range a.Servicers {
		if s.org.find(id) == nil {
			return fmt.Errorf("%w: servicer %q", ErrNobody, id)
		}
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	s.kf.addAccount(a)
	return nil
}

// AddCustomer lets somebody in WeChat know the corp, or changes one of that ID.
func (s *Server) AddCustomer(c Customer) error {
	if c.ID == "" || c.Name == "" {
		return fmt.Errorf("wecomtest: a customer needs external_userid and name")
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	s.kf.addCustomer(c)
	return nil
}

// Customers lists the people in WeChat.
func (s *Server) Customers() (all []Customer) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	for _, id := range s.kf.people {
		all = append(all, *s.kf.customers[id])
	}
	return all
}

// KFAccounts lists the customer service accounts.
func (s *Server) KFAccounts() (all []KFAccount) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	for _, id := range s.kf.order {
		a := s.kf.accounts[id].KFAccount
		a.Servicers = slices.Clone(a.Servicers)
		all = append(all, a)
	}
	return all
}

// account finds an account; "" is the first. The caller holds k.mu.
func (k *kfState) account(id string) *kfAccount {
	if id == "" && len(k.order) > 0 {
		id = k.order[0]
	}
	return k.accounts[id]
}

// talk finds or begins what an account and a customer have together. The caller holds k.mu.
func (k *kfState) talk(account, customer string) (*kfTalk, error) {
	a, c := k.account(account), k.customers[customer]
	if a == nil {
		return nil, fmt.Errorf("%w: customer service account %q", ErrNobody, account)
	}
	if c == nil {
		return nil, fmt.Errorf("%w: customer %q", ErrNobody, customer)
	}
	t := a.talks[customer]
	if t == nil {
		t = &kfTalk{account: a, customer: c, state: KFEnded, ids: map[string]bool{}, fail: -1}
		a.talks[customer] = t
	}
	return t, nil
}

// chat is the talk's name in [Bubble].Chat and the journal.
func (t *kfTalk) chat() string { return DoorKF + ":" + t.account.OpenKFID + "/" + t.customer.ID }

// now brings the state up to date: a session ends two days after the customer's last message.
func (t *kfTalk) now(now time.Time) int {
	if t.state != KFEnded && now.Sub(t.heard) >= kfWindow {
		t.state, t.servicer = KFEnded, ""
	}
	return t.state
}

// reveal shows a bubble to the customer; the caller holds kf.mu.
func (s *Server) reveal(t *kfTalk, b *Bubble, e Entry) {
	b.Chat, b.At, b.ID = t.chat(), s.Now(), s.ids.bubble()
	t.show = append(t.show, b)
	if most := s.cfg.Limits.Bubbles; len(t.show) > 2*most {
		t.show = append([]*Bubble(nil), t.show[len(t.show)-most:]...)
	}
	e.Door, e.User, e.Chat = DoorKF, t.customer.ID, t.chat()
	b.Seq = s.note(e)
}

// append puts a message where it can be pulled and rings. It returns the msgid. The caller holds kf.mu.
func (s *Server) kfAppend(a *kfAccount, fields map[string]any) string {
	id := s.kfMsgID()
	fields["msgid"], fields["open_kfid"], fields["send_time"] = id, a.OpenKFID, s.Now().Unix()
	raw, err := json.Marshal(fields)
	if err != nil {
		panic(err) // plain values
	}
	s.kfStore(a, raw)
	return id
}

func (s *Server) kfMsgID() string { return s.ids.opaque("", 18) }

// kfStore puts raw at the end of what can be pulled and rings; the caller holds kf.mu.
func (s *Server) kfStore(a *kfAccount, raw json.RawMessage) {
	now := s.Now()
	a.log = append(a.log, kfEntry{now, raw})
	gone := 0
	for gone < len(a.log) && now.Sub(a.log[gone].at) >= kfLogLife {
		gone++
	}
	if gone > 256 {
		a.log, a.base = append([]kfEntry(nil), a.log[gone:]...), a.base+gone
	}
	for token, until := range a.tokens {
		if !now.Before(until) {
			delete(a.tokens, token)
		}
	}
	token := s.ids.opaque("ENC", 30)
	a.tokens[token] = now.Add(kfTokenLife)
	w := &xmlWriter{buf: append(make([]byte, 0, 512), "<xml>"...)}
	w.text("ToUserName", s.cfg.CorpID).number("CreateTime", fmt.Sprint(now.Unix())).text("MsgType", "event").
		text("Event", "kf_msg_or_event").text("Token", token).text("OpenKfId", a.OpenKFID)
	if address, _ := s.hook.state(); address == "" {
		return // nobody is to be told
	}
	s.callApp(&notice{door: DoorKF, chat: DoorKF + ":" + a.OpenKFID, plain: append(w.buf, "</xml>"...), event: "kf_msg_or_event", receipt: &Receipt{done: make(chan struct{})}})
}

// event appends an event of the talk; the caller holds kf.mu.
func (s *Server) kfEvent(t *kfTalk, kind string, fields map[string]any) string {
	fields["event_type"], fields["open_kfid"], fields["external_userid"] = kind, t.account.OpenKFID, t.customer.ID
	return s.kfAppend(t.account, map[string]any{"origin": 4, "msgtype": "event", "event": fields})
}

// newCode makes a code for send_msg_on_event; the caller holds kf.mu.
func (s *Server) newKFCode(t *kfTalk, life time.Duration, menu bool) string {
	code := s.ids.opaque("", 24)
	s.kf.codes[code] = &kfCode{talk: t, made: time.Now(), at: s.Now(), life: life, menu: menu}
	return code
}

// over tells that a code works no more. Short lives run on the wall clock too, for a demo's clock stands still.
func (c *kfCode) over(now time.Time) bool {
	return c.used || now.Sub(c.at) >= c.life || c.life < time.Minute && time.Since(c.made) >= c.life
}

// kfAvatar is a made-up address, as the platform's are opaque.
func kfAvatar(id string) string {
	return fmt.Sprintf("https://wx.qlogo.cn/mmhead/%x/0", sha256.Sum256([]byte(id)))
}
