package bottest

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"gendan/adapters/console"
	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/llm/llmtest"
	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot"
	"gendan/bot/chat"
	"gendan/bot/timer"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
	"gendan/templates/messages"
)

// colleague is somebody in the stories. The platforms know them by id.
type colleague struct {
	id, name string
	role     crm.Role
	team     string
}

// colleagues are the cast. 路人 is in the organisation and unknown to the CRM.
var colleagues = []colleague{
	{"lilei", "李雷", crm.Rep, "销售一部"},
	{"hanmeimei", "韩梅梅", crm.Rep, "销售一部"},
	{"wangjing", "王静", crm.TeamLead, "销售一部"},
	{"zhaomin", "赵敏", crm.Service, "客服部"},
	{"zhouzong", "周总", crm.Manager, ""},
	{"guanli", "管理员", crm.Admin, ""},
	{"luren", "路人", "", ""},
	{"sunyue", "孙悦", crm.Service, "客服部"},
	{"huangbo", "黄波", crm.TeamLead, "研发部"},
}

const groupName = "销售一部"

// handClock is a clock that only the story moves.
type handClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// set moves the clock to t; it never goes back.
func (c *handClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.t) {
		c.t = t
	}
}

// world is the whole product, on one platform or on both at once.
type world struct {
	t      testing.TB
	clock  *handClock
	store  *store.Store
	db     *sql.DB                   // sees everything
	phones console.Phones            // of the first platform
	all    map[string]console.Phones // by platform
	alarm  *timer.Alarm
	redis  *storetest.RedisServer
	bot    *bot.Bot
	begin  func() // a process of the service
	end    func() // ends it

	simWeCom    *wecomtest.Server
	simDingTalk *dingtalktest.Server
	model       *llmtest.Server   // nil without one
	kf          *wecomtest.Server // of the customers; nil without a door for them
	ringTo      func()            // lets it ring us
	gateway     *gateway          // of text messages; nil without one
	actions     *action.Executor
	browser     string // address of the pages that customers open; "" until one does

	seen  map[string]map[string]string // person → chat+bubble → as it was printed
	group string
	ids   map[string]string // name → platform's id
}

// options are what a world may have besides.
type options struct {
	model     bool     // a language model, which says nothing of use until it is told what to answer
	customers bool     // a door for customers
	noRings   bool     // which never rings
	sms       bool     // a gateway of text messages
	library   bool     // a knowledge base that learns, instead of the stories' list
	plans     []string // files of journeys of testdata/plans
	many      int      // customers beyond which segments are counted aside; 0 is as ever
}

// newWorld builds the product on "wecom", "dingtalk" or both; everything ends with t.
func newWorld(t testing.TB, start time.Time, platforms ...string) *world {
	t.Helper()
	return newWorldWith(t, start, options{}, platforms...)
}

func newWorldWith(t testing.TB, start time.Time, o options, platforms ...string) *world {
	t.Helper()
	w := &world{t: t, clock: &handClock{t: start.UTC()}, seen: map[string]map[string]string{}, ids: map[string]string{}, all: map[string]console.Phones{}}
	w.store = storetest.New(t, storetest.WithClock(w.clock.Now))
	w.db = storetest.Owner(t, w.store)
	w.redis = storetest.NewRedis(t)
	log := zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel))
	var adapters []chat.Adapter
	for _, platform := range platforms {
		make := map[string]func(*zap.Logger) chat.Adapter{"wecom": w.weCom, "dingtalk": w.dingTalk}[platform]
		adapters = append(adapters, make(log))
	}
	w.phones = w.all[platforms[0]]
	if o.customers {
		adapters = append(adapters, w.customersDoor(log, !o.noRings)...)
	}
	if o.sms {
		adapters = append(adapters, w.texting())
	}
	w.people(platforms)
	said, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	pack := templates.Default()
	reach := templates.MustReach(pack)
	journeys := templates.MustJourneys(pack)
	for _, name := range o.plans {
		plan, err := journeyPlan(name)
		if err != nil {
			t.Fatal(err)
		}
		journeys = append(journeys, plan)
	}
	var library *bot.Library
	var finds action.Library
	if o.library {
		library = w.library(log)
		finds = library
	}
	config := bot.Config{
		Store: w.store, Actions: action.New(w.store, action.Config{Many: o.many, Reach: &reach.ReachPolicy, Says: reach.Says, Campaigns: templates.MustCampaigns(pack), Points: templates.MustPoints(pack), Churn: templates.MustChurn(pack), Field: templates.MustField(pack), Rules: templates.MustRules(pack), Journeys: journeys, Service: pack.Service, Stages: pack.StageNames(),
			Library: finds, Doors: action.SurveyDoors{Link: "https://crm.example.com", Kf: o.customers, SMS: o.sms}}), Pack: pack, Messages: said,
		Adapters: adapters, Log: log, Now: w.clock.Now, Workers: 4, ReadPicture: readPicture,
	}
	w.actions = config.Actions
	if o.customers {
		config.Answers = newFAQ()
	}
	if library != nil {
		config.Answers = library
	}
	if o.model {
		config.AskModel = w.languageModel(log)
	}
	w.begin = func() {
		w.alarm, w.bot = timer.New(w.store, w.redis.Client, w.clock.Now, log), bot.New(config)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		for _, run := range []func(context.Context) error{w.bot.Run, w.alarm.Run} {
			running.Go(func() {
				if err := run(ctx); err != nil && ctx.Err() == nil {
					t.Errorf("%v: %v", platforms, err)
				}
			})
		}
		w.end = func() {
			cancel()
			running.Wait()
		}
		for _, a := range adapters {
			w.until(a.Name()+" is connected", 20*time.Second, func() bool { return a.Ready() && a.Health().Connected })
		}
		w.until("the pack's journeys and rules are there", 20*time.Second, func() bool { return w.kept(len(journeys), len(templates.MustRules(pack))) })
	}
	w.begin()
	t.Cleanup(func() { w.end() })
	if w.ringTo != nil {
		w.ringTo()
	}
	for _, c := range colleagues {
		w.look(c.name)
	}
	return w
}

// kept reports whether the company has at least so many journeys and rules: the pack's are brought in beside the first messages, and
// take numbers.
func (w *world) kept(journeys, rules int) bool {
	var j, r int
	if err := w.db.QueryRow(`SELECT (SELECT count(*) FROM journeys), (SELECT count(*) FROM rules)`).Scan(&j, &r); err != nil {
		w.t.Error(err)
		return true
	}
	return j >= journeys && r >= rules
}

func (w *world) weCom(log *zap.Logger) chat.Adapter {
	org := wecomtest.Org{Departments: []wecomtest.Department{{ID: 1, Name: "公司"}}}
	var members []string
	for _, c := range colleagues {
		org.People = append(org.People, wecomtest.Person{UserID: c.id, Name: c.name})
		members = append(members, c.id)
	}
	w.group = "wrStoryGroup"
	org.Groups = []wecomtest.Group{{ChatID: w.group, Name: groupName, Members: members}}
	sim := wecomtest.New(wecomtest.Config{Org: org, Now: w.clock.Now, Limits: wecomtest.Limits{PerMinute: -1, PerHour: -1}})
	w.t.Cleanup(sim.Close)
	url, err := sim.Start("")
	if err != nil {
		w.t.Fatal(err)
	}
	c := sim.Config()
	a, err := wecom.New(wecom.Config{
		CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, BotID: c.BotID, BotSecret: c.BotSecret, BotName: c.BotName,
		APIURL: url, WSURL: "ws" + url[len("http"):] + "/ws", Log: log, Now: w.clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.all["wecom"], w.simWeCom = console.WeCom(sim), sim
	return a
}

func (w *world) dingTalk(log *zap.Logger) chat.Adapter {
	sim := dingtalktest.New(dingtalktest.Config{Now: w.clock.Now, WebhookPerMinute: -1, QPS: -1, ClientID: "dingstory", ClientSecret: "story-secret"})
	w.t.Cleanup(sim.Close)
	var members []string
	for _, c := range colleagues {
		sim.AddUser(dingtalktest.User{UserID: c.id, Name: c.name})
		members = append(members, c.id)
	}
	w.group = sim.AddGroup(dingtalktest.Group{Title: groupName, Members: members})
	url, err := sim.Start()
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := dingtalk.New(dingtalk.Config{
		ClientID: "dingstory", ClientSecret: "story-secret", RobotName: "跟单", CardTemplateID: "gendan-card.schema",
		APIURL: url, OAPIURL: url, Log: log, Now: w.clock.Now, Streams: 1,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.all["dingtalk"], w.simDingTalk = console.DingTalk(sim), sim
	return a
}

// people lets everybody in but 路人.
func (w *world) people(platforms []string) {
	for _, c := range colleagues {
		w.ids[c.name] = c.id
		if c.role == "" {
			continue
		}
		n := store.NewUser{Name: c.name, Role: c.role, Team: c.team}
		for _, p := range platforms {
			n.Peers = append(n.Peers, p+":"+c.id)
		}
		_, err := w.store.AddUser(context.Background(), n)
		if err != nil {
			w.t.Fatalf("add %s: %v", c.name, err)
		}
	}
}

// until polls, since what it waits for happens in other goroutines over real sockets.
func (w *world) until(what string, most time.Duration, ok func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(most)
	for !ok() {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited %s in vain until %s", most, what)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// heard counts the messages that have arrived.
func (w *world) heard() (n int) {
	if err := w.db.QueryRow(`SELECT count(*) FROM inbox`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// settle waits until everything that was heard is answered, everything due has rung and everything to
// send has been sent.
func (w *world) settle() {
	w.t.Helper()
	owner := w.db
	var open int
	w.until("all is answered and sent", 30*time.Second, func() bool {
		err := owner.QueryRow(`
			SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL)
			     + (SELECT count(*) FROM outbox WHERE state = 0 AND not_before <= $1)
			     + (SELECT count(*) FROM contact_tasks WHERE ended_at IS NULL AND message <> '' AND look_at <= $1)
			     + (SELECT count(*) FROM timers WHERE state = 0 AND due <= $1)`, w.clock.Now()).Scan(&open)
		if err != nil {
			w.t.Fatal(err)
		}
		return open == 0 && w.kfPulled() && w.bot.Idle()
	})
}

// kfPulled reports whether all has arrived that the customer service door holds, also what became of our own messages.
func (w *world) kfPulled() bool {
	if w.kf == nil {
		return true
	}
	var cursor string
	err := w.db.QueryRow(`SELECT coalesce(max(cursor), '') FROM kf_accounts WHERE account = $1`, kfAccount).Scan(&cursor)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.kf.KFPulled(kfAccount, cursor)
}

// key tells one bubble of a person's screen from another.
func key(chat, bubble string) string { return chat + "\x00" + bubble }

// look returns what has appeared or changed on a person's screen since the last look.
func (w *world) look(name string) (lines []string) {
	w.t.Helper()
	chats, err := w.phones.Screen(w.ids[name])
	if err != nil {
		w.t.Fatal(err)
	}
	if w.seen[name] == nil {
		w.seen[name] = map[string]string{}
	}
	for _, c := range chats {
		for _, b := range c.Bubbles {
			if b.Mine || b.From != "" {
				continue
			}
			text := printed(b)
			before, known := w.seen[name][key(c.ID, b.ID)]
			if before == text {
				continue
			}
			w.seen[name][key(c.ID, b.ID)] = text
			mark := ""
			if known {
				mark = "~" // changed in place
			}
			where := ""
			if c.Group {
				where = "@" + c.Title
			}
			lines = append(lines, fmt.Sprintf("%s%s> %s", where, mark, text))
		}
	}
	return lines
}
