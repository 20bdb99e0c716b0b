package faults

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gendan/crm/store/storetest"
)

// TestNothingLeaks lets people say personal things by all doors and then looks as a thief would: as the
// application's role without a person, into a dump, into Redis, into the log at its most talkative.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	rd := storetest.NewRedis(t)
	h := build(t, plan{people: staff(3, bot, app, ding), redis: rd.URL()})
	h.hire()
	h.gendan("user", "add", "--name", "赵总", "--role", "manager", "--wecom", "zhao", "--mobile", "13600009876", "--email", "zhao.boss@corp.example")
	c := h.serve()
	h.connected(c, 20*time.Second)
	needles := []string{"13600009876", "zhao.boss@corp.example"}
	digits := [][2]string{{"13812345678", "13987650001"}, {"13723456789", "13987650002"}, {"15012348765", "13987650003"}}
	for i, p := range h.people {
		phone, second := digits[i][0], digits[i][1]
		mail, chat := "wangqiang"+strconv.Itoa(i)+"@yunfan-mail.example", "wx_wangqiang88"+strconv.Itoa(i)
		say := func(text, answer string) {
			t.Helper()
			h.replies(p, text, answer)
		}
		write := func(text, receipt string) {
			t.Helper()
			h.writes(p, text, receipt)
		}
		write("新客户 "+p.firm+",王强 "+phone+",邮箱 "+mail+",微信 "+chat+",展会来的", "已新建客户")
		write(p.firm+" 刘芳 采购经理 "+second, "刘芳")
		write("拜访了"+p.firm+",王强私下说预算要砍半", "砍半")
		write(p.firm+"建个商机 38万", "¥380,000")
		write("明天下午3点提醒我把血压计送去医院给他母亲", "血压计")
		say("查 "+phone, p.firm)
		say("呜啦啦今晚月色真美翡翠手镯", "我没听懂")
		write(p.firm+"丢单,采购总监收了友商的红包", "输单")
		say("撤销", "已撤销")
		lead := "1371111222" + strconv.Itoa(i)
		write("记一条线索 展会认识的谭咏 "+lead+" 想看激光打标机整体方案", "线索")
		say("王强 2026-11-17 15:02\n我们底价其实能到一百二十万，别跟采购讲\n李四 2026-11-17 15:03\n明白，琥珀扳指我下次带给您\n王强 2026-11-17 15:05\n我手机"+phone, "聊天记录")
		say("确认", "已记下")
		say("看聊天记录", "琥珀扳指")
		say("陈六 2026-11-17 16:02\n这份谁都别给看，我要离婚了\n李四 2026-11-17 16:03\n放心，这边不往外传", "聊天记录")
		say("不要", "没有记")
		write(p.firm+"投诉孔雀石阀门半夜漏气，紧急", "已建工单")
		needles = append(needles, lead, phone, second, phone[3:], mail, chat)
	}
	needles = append(needles, "预算要砍半", "血压计", "翡翠手镯", "友商的红包", "私下说", "打标机整体", "别跟采购讲", "琥珀扳指", "离婚", "不往外传", "孔雀石", "半夜漏气")
	until(t, "all is quiet", 15*time.Second, func() bool { return h.open() == 0 })
	time.Sleep(time.Second) // what is written in the background: the audit's seals
	h.withoutActor(t)
	h.gendan("audit", "verify")

	look := func(where, text string) {
		t.Helper()
		if len(text) < 200 {
			t.Errorf("%s: only %d bytes to look at", where, len(text))
		}
		text = strings.ToLower(text)
		for _, n := range needles {
			for _, form := range disguises(n) {
				if at := strings.Index(text, form); at >= 0 {
					t.Errorf("%s holds %q (as %q): …%s…", where, n, form, text[max(0, at-120):min(len(text), at+80)])
				}
			}
		}
	}
	out, err := exec.Command(pgDump(t), h.set["DATABASE_URL"]).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	dump := string(out)
	if !strings.Contains(dump, h.people[0].firm) {
		t.Error("the dump lacks even the customers' names: it is not the one")
	}
	look("the dump", dump)
	look("the log", h.log.String())
	look("Redis", everything(t, rd.Client)+strings.Repeat(" ", 200))
	t.Logf("%d needles in 9 disguises; dump %d KB, log %d KB", len(needles), len(dump)>>10, len(h.log.String())>>10)
}

// disguises are the forms in which clear text may stand in a dump or a log, in lower case.
func disguises(s string) []string {
	raw := []string{s, hex.EncodeToString([]byte(s))}
	if quoted := strconv.QuoteToASCII(s); quoted != `"`+s+`"` {
		raw = append(raw, strings.Trim(quoted, `"`))
	}
	for shift := range 3 { // base64 of any text that s stands in, wherever it begins
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			b := enc.EncodeToString(append(make([]byte, shift), s...))
			first, last := []int{0, 2, 3}[shift], len(b)-4
			raw = append(raw, b[first:max(first, last)])
		}
	}
	list := raw[:0]
	for _, r := range raw {
		if len(r) >= 6 {
			list = append(list, strings.ToLower(r))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// withoutActor reads every table as the application's role before anybody acts: there is nothing to read.
func (h *house) withoutActor(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	conn, err := h.db().Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, `
		SELECT c.oid::regclass::text, has_table_privilege('gendan_app', c.oid, 'SELECT')
		FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	readable := map[string]bool{}
	for rows.Next() {
		var name string
		var may bool
		if err := rows.Scan(&name, &may); err != nil {
			t.Fatal(err)
		}
		readable[name] = may
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	tried, full := 0, 0
	for name, may := range readable {
		var owner, app int
		if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM `+name).Scan(&owner); err != nil {
			t.Fatal(err)
		}
		if owner > 0 {
			full++
		}
		if _, err := conn.ExecContext(ctx, `SET ROLE gendan_app`); err != nil {
			t.Fatal(err)
		}
		err := conn.QueryRowContext(ctx, `SELECT count(*) FROM `+name).Scan(&app)
		if _, err := conn.ExecContext(ctx, `RESET ROLE`); err != nil {
			t.Fatal(err)
		}
		switch {
		case may != (err == nil):
			t.Errorf("%s: %v", name, err)
		case app != 0:
			t.Errorf("%s: %d of %d rows are read without an actor", name, app, owner)
		}
		tried++
	}
	for _, name := range []string{"customers", "contacts", "deals", "activities", "reminders", "timers", "inbox", "outbox", "conversations", "messages", "audit", "events", "undo", "users", "identities"} {
		var n int
		if _, there := readable[name]; !there {
			t.Errorf("no table %s", name)
		} else if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM `+name).Scan(&n); err != nil || n == 0 {
			t.Errorf("%s holds nothing that could be hidden (%v)", name, err)
		}
	}
	t.Logf("%d tables read as gendan_app without an actor, %d of them not empty", tried, full)
}

// pgDump finds the program where distributions put it.
func pgDump(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if len(found) > 0 {
		slices.Sort(found)
		return found[len(found)-1]
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Fatal("no pg_dump beside the server programs: make test installs it with postgresql")
	}
	return path
}

// everything is what Redis holds, keys and values.
func everything(t *testing.T, r redis.UniversalClient) string {
	t.Helper()
	ctx := context.Background()
	var all strings.Builder
	keys := r.Scan(ctx, 0, "*", 1000).Iterator()
	for keys.Next(ctx) {
		k := keys.Val()
		all.WriteString(k + "\n")
		switch r.Type(ctx, k).Val() {
		case "string":
			all.WriteString(r.Get(ctx, k).Val())
		case "hash":
			for f, v := range r.HGetAll(ctx, k).Val() {
				all.WriteString(f + "=" + v + "\n")
			}
		case "zset":
			all.WriteString(strings.Join(r.ZRange(ctx, k, 0, -1).Val(), "\n"))
		case "list":
			all.WriteString(strings.Join(r.LRange(ctx, k, 0, -1).Val(), "\n"))
		case "set":
			all.WriteString(strings.Join(r.SMembers(ctx, k).Val(), "\n"))
		}
		all.WriteByte('\n')
	}
	if err := keys.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
