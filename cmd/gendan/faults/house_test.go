// Package faults breaks the running product as machines, networks and strangers do, and counts what is left:
// real gendan processes, real Postgres and Redis, and both platforms' simulators, which live in the test process
// and so survive what is done to gendan.
package faults

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/embedded"
	"gendan/adapters/wecom/wecomtest"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// door is a way in: the surface of a platform that a person uses.
type door string

const (
	bot  door = "wecom bot"
	app  door = "wecom app"
	ding door = "dingtalk"
)

// person is a colleague who has one door and one customer.
type person struct {
	id, name, firm string
	door           door
}

// firms are names that have little in common, so that nobody has to be asked which one is meant.
var firms = []string{"云帆", "华星", "远航", "百川", "锦程", "朗坤", "瑞丰", "天河", "金桥", "海容", "嘉禾", "北辰", "宏图", "德润", "博雅", "泰达", "欣旺", "康宁"}

// firm is the name of the i-th customer, for 54 of them.
func firm(i int) string {
	first, second := []rune(firms[i%len(firms)]), []rune(firms[(i+7*(i/len(firms)))%len(firms)])
	return string([]rune{first[0], second[1]}) + "科技"
}

// staff makes n people, who use the doors in turn.
func staff(n int, doors ...door) []person {
	var list []person
	for i := range n {
		list = append(list, person{id: fmt.Sprintf("p%02d", i+1), name: fmt.Sprintf("同事%02d", i+1), firm: firm(i), door: doors[i%len(doors)]})
	}
	return list
}

// house is the company: its platforms, its servers, its people and its gendan processes.
type house struct {
	t      testing.TB
	wecom  *wecomtest.Server
	ding   *dingtalktest.Server
	people []person
	set    map[string]string // settings of the processes
	log    *tape
	owner  *sql.DB
	other  *store.Store
	keys   *store.Keys
}

// plan says what a house is built of.
type plan struct {
	people   []person
	database string        // "": a fresh one on the tests' server
	redis    string        // REDIS_URL; "" is a fresh redis-server
	private  bool          // gendan runs Postgres and Redis itself, in its data folder
	repush   time.Duration // DingTalk pushes again what was not acknowledged in this time
	lag      time.Duration // from the moment a platform has done what it was asked to the moment gendan hears so
}

// build makes a house in which everybody is known and nothing runs yet.
func build(t testing.TB, p plan) *house {
	t.Helper()
	h := &house{t: t, people: p.people, log: &tape{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last of gendan's log:\n%s", lastLines(h.log.String(), 25))
		}
	})
	dir, err := os.MkdirTemp("", "gf")
	if err == nil {
		err = os.Chmod(dir, 0o711) // the private servers' account passes through
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	h.set = map[string]string{
		"GENDAN_DATA_DIR": data, "GENDAN_LISTEN": freePort(t), "GENDAN_LOG": "debug", "GENDAN_KEY_FILE": filepath.Join(dir, "key"),
	}
	h.platforms(p)
	if !p.private {
		if p.database == "" {
			p.database = storetest.Database(t)
		}
		if p.redis == "" {
			p.redis = storetest.NewRedis(t).URL()
		}
		h.set["DATABASE_URL"], h.set["REDIS_URL"] = p.database, p.redis
	}
	if h.keys, err = store.LoadOrCreateKeyFile(h.set["GENDAN_KEY_FILE"]); err != nil {
		t.Fatal(err)
	}
	return h
}

// platforms starts both simulators and writes down how to reach them.
func (h *house) platforms(p plan) {
	org := wecomtest.Org{Departments: []wecomtest.Department{{ID: 1, Name: "公司"}}}
	dingFront := httptest.NewUnstartedServer(nil)
	h.t.Cleanup(dingFront.Close)
	d := dingtalktest.New(dingtalktest.Config{
		PublicURL: "http://" + dingFront.Listener.Addr().String(),
		ClientID:  "dingfaults", ClientSecret: "faults-secret", Repush: p.repush, QPS: -1, WebhookPerMinute: -1, JournalSize: 300_000, HistorySize: 5000, MaxCards: 50_000,
	})
	h.t.Cleanup(d.Close)
	for _, one := range h.people {
		if one.door == ding {
			d.AddUser(dingtalktest.User{UserID: one.id, Name: one.name})
		} else {
			org.People = append(org.People, wecomtest.Person{UserID: one.id, Name: one.name})
		}
	}
	if len(org.People) == 0 {
		org.People = []wecomtest.Person{{UserID: "nobody", Name: "无人"}}
	}
	w := wecomtest.New(wecomtest.Config{Org: org, Limits: wecomtest.Limits{
		PerMinute: -1, PerHour: -1, InProgress: -1, Retry: 700 * time.Millisecond, JournalEntries: 300_000, Bubbles: 5000,
	}})
	h.t.Cleanup(w.Close)
	weComURL, err := w.Start("")
	if err != nil {
		h.t.Fatal(err)
	}
	dingURL, err := d.Start()
	if err != nil {
		h.t.Fatal(err)
	}
	h.wecom, h.ding = w, d
	dingFront.Config.Handler = distant(h.t, dingURL, p.lag)
	dingFront.Start()
	weComFront := httptest.NewServer(distant(h.t, weComURL, p.lag))
	h.t.Cleanup(weComFront.Close)
	c := w.Config()
	for name, v := range map[string]string{
		"WECOM_API_URL": weComFront.URL, "WECOM_WS_URL": w.WSURL(), "WECOM_CORP_ID": c.CorpID, "WECOM_AGENT_ID": fmt.Sprint(c.AgentID), "WECOM_SECRET": c.Secret,
		"WECOM_TOKEN": c.Token, "WECOM_AES_KEY": c.AESKey, "WECOM_BOT_ID": c.BotID, "WECOM_BOT_SECRET": c.BotSecret,
		"DINGTALK_CLIENT_ID": "dingfaults", "DINGTALK_CLIENT_SECRET": "faults-secret", "DINGTALK_API_URL": dingFront.URL, "DINGTALK_OAPI_URL": dingFront.URL,
	} {
		h.set[name] = v
	}
}

// distant is the way to a platform: it carries out at once what it is asked and answers after a while, as over
// the internet. A kill in between is the one after which nobody can know what was done.
func distant(t testing.TB, to string, lag time.Duration) http.Handler {
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(*http.Response) error {
			time.Sleep(lag)
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	for range 200 { // below the ports that the kernel gives to whoever connects: another test's connection took one of those meanwhile
		at := "127.0.0.1:" + strconv.Itoa(15000+(os.Getpid()*37+int(nextPort.Add(1)))%15000)
		l, err := net.Listen("tcp", at)
		if err != nil {
			continue
		}
		l.Close()
		return at
	}
	t.Fatal("no free port")
	return ""
}

// nextPort makes every house's port another one.
var nextPort atomic.Int32

// serve starts a gendan process.
func (h *house) serve(more ...string) *child {
	h.t.Helper()
	env := environment(h.set)
	env = append(env, more...)
	c, err := start(h.t, env, h.log)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// hire adds everybody by the command line, as an administrator does.
func (h *house) hire() {
	h.t.Helper()
	var work errgroup.Group
	work.SetLimit(2)
	for i, p := range h.people {
		flag := "--wecom"
		if p.door == ding {
			flag = "--dingtalk"
		}
		add := func() error {
			args := []string{"user", "add", "--name", p.name, "--role", "rep", "--team", "销售一部", flag, p.id}
			if out, code := command(h.t, environment(h.set), args...); code != 0 {
				return fmt.Errorf("gendan %s exits with %d: %s", strings.Join(args, " "), code, out)
			}
			return nil
		}
		if i == 0 { // makes the team
			if err := add(); err != nil {
				h.t.Fatal(err)
			}
			continue
		}
		work.Go(add)
	}
	if err := work.Wait(); err != nil {
		h.t.Fatal(err)
	}
}

// gendan runs a command that must succeed and returns what it prints.
func (h *house) gendan(args ...string) string {
	h.t.Helper()
	out, code := command(h.t, environment(h.set), args...)
	if code != 0 {
		h.t.Fatalf("gendan %s exits with %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// connected waits until c takes messages by every door that people use: the callback is verified, the bot and the
// streams are connected.
func (h *house) connected(c *child, most time.Duration) time.Duration {
	h.t.Helper()
	uses := map[door]bool{}
	for _, p := range h.people {
		uses[p.door] = true
	}
	if uses[app] {
		h.callback(c.url)
	}
	return until(h.t, "gendan is connected to the platforms", most, func() bool {
		return (!uses[bot] || h.wecom.Connected()) && (!uses[ding] || len(h.ding.Connections()) > 0)
	})
}

// callback puts the address of a process into the app's settings.
func (h *house) callback(url string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		if err = h.wecom.SetCallback(ctx, url+"/callback/wecom"); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	h.t.Fatalf("callback address: %v", err)
}

// db is the database as its owner sees it, past row-level security.
func (h *house) db() *sql.DB {
	h.t.Helper()
	if h.owner == nil {
		at := h.set["DATABASE_URL"]
		if at == "" {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			pg, err := embedded.AttachPostgres(ctx, embedded.Options{Dir: h.set["GENDAN_DATA_DIR"]})
			if err != nil {
				h.t.Fatal(err)
			}
			if !pg.Attached() {
				h.t.Error("gendan's private Postgres was not running")
			}
			h.t.Cleanup(func() { pg.Stop(context.Background()) })
			at = pg.URL(embedded.Database)
		}
		c, err := pq.NewConnector(at)
		if err != nil {
			h.t.Fatal(err)
		}
		h.owner = sql.OpenDB(c)
		h.t.Cleanup(func() { h.owner.Close() })
	}
	return h.owner
}

// ready is what a process's /readyz says of the connection to a platform.
func ready(c *child, platform string) bool {
	res, err := http.Get(c.url + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var v struct {
		Platforms map[string]struct {
			Connected bool `json:"connected"`
		} `json:"platforms"`
	}
	return json.NewDecoder(res.Body).Decode(&v) == nil && v.Platforms[platform].Connected
}

// count runs a query for one number. While the database is away it is -1.
func (h *house) count(query string, args ...any) int {
	n := -1
	_ = h.db().QueryRow(query, args...).Scan(&n)
	return n
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
