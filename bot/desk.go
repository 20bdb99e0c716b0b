package bot

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// What people say of their colleagues and of the service itself, in whole messages. They are read here, since whether 李雷 is a
// colleague is known only to the store: 「李雷离职了」 is news of a customer's contact for everybody else.
var (
	deskTeam   = parse.MustPattern(`^(?:看看|看一下|看下|看|查一下)?(?:(?:我的|我们的?|咱们)?(?:团队|小组|部门)(?:情况|成员|有谁|有哪些人|怎么样)?|我们?组(?:里)?(?:情况|怎么样|有谁|有哪些人)|大家今天都?(?:干|做|忙)(?:了|过)?(?:些)?(?:啥|什么))(?:了|呢|啊|呀)?$`)
	deskDay    = parse.MustPattern(`^(?:看看|看一下|看下|查一下)?(.{0,8}?)(今天|今日|昨天|昨日|前天|这周|本周|这星期|上周|上星期|这个月|本月)?(?:一天)?(?:都|一共|到底|又)*(?:干|做|忙|弄|搞)(?:了|过)(?:些|点)?(?:啥|什么|哪些)(?:事情?|活|工作)?(?:了|呢|呀|啊)?$`)
	deskWhole  = parse.MustPattern(`^(?:看|展开|显示|列出)(?:一下)?(?:全部|所有|完整)(?:的|内容|清单|明细)?$`)
	deskBack   = parse.MustPattern(`^(?:看看|看一下|看)?(?:还没(?:打|做|完成)的?)?(?:低分|差评)(?:的)?(?:客户)?(?:回访|回电)(?:任务|列表|清单|有哪些)?(?:呢)?$`)
	deskIdle   = parse.MustPattern(`^(?:看看|看下|查查)?(?:今天|今日)?(?:还有)?(?:谁|哪些人|哪几个人|哪个人|哪些销售|哪个销售)(?:今天|今日)?(?:还|都)?(?:没有?|未)(?:写|做|填|记|录)?(?:任何)?(?:跟进|记录|拜访|联系客户|动静|干活|东西|日报)(?:过|客户|的)?(?:了|呢|啊)?$`)
	deskOwe    = parse.MustPattern(`^(?:看看|看)?(?:(?:还有)?谁(?:还)?(?:欠|差|该)我(?:的)?(?:活|任务|事|东西)|(?:还有)?谁(?:还)?没(?:交|做完|干完|完成)(?:我(?:派|交|给)的)?(?:活|任务|事)|我?派(?:出去|给别人|给同事)的(?:任务|活|事)?(?:有哪些|列表)?)(?:了|呢|啊)?$`)
	deskTasks  = parse.MustPattern(`^(?:看看|看一下|看|打开)?(?:我的)?任务(?:列表|清单|一览)$`)
	deskTodo   = parse.MustPattern(`^(?:看看|看一下|看下|看|查看|查一下|查)?(.{2,8}?)(?:今天|手上|现在)?(?:的|还有什么|有什么|有哪些)(?:待办|待办事项|待办的事|任务和提醒)(?:列表|清单|有哪些)?$`)
	deskBrief  = parse.MustPattern(`^(?:我的)?(?:每天)?(?:早上|每天)?(?:的)?(?:简报|晨报|早报)(?:每天|早上)?(?:是)?(?:几点|什么时候|啥时候)(?:发|来|推)?(?:的|给我)?$|^(?:每天)?(?:早上)?(?:几点|什么时候)(?:给我)?发(?:简报|晨报|早报)$`)
	deskMove   = parse.MustPattern(`^(?:把)?(?:我的)?(?:每天|早上)?(?:的)?(?:简报|晨报|早报)(?:的)?(?:时间)?(?:改到|改成|改为|调到|调成|设为|设成|定在|挪到)(?:每天)?\s*(.{2,10}?)(?:发|再发|给我)?$`)
	deskNever  = parse.MustPattern(`^(?:以后)?(?:不要|别|不用|不想)(?:再)?(?:给我)?(?:发|收|推|看)(?:简报|晨报|早报)(?:了)?$|^(?:关掉|关闭|停掉|取消)(?:我的)?(?:简报|晨报|早报)$`)
	deskLeaves = parse.MustPattern(`^(.{2,8}?)(?:已经|今天|昨天|要|马上)?(?:离职|辞职|离开公司|不干)(?:了|啦)$`)
	deskGive   = parse.MustPattern(`^(?:(.{2,8}?)(?:已经|今天|明天|要|马上)?(?:离职|辞职|休假|休年假|休产假|请假|病|出差)(?:了|啦)?[，,。；;\s]*)?(?:把)?(?:(.{2,8}?)(?:名下|手上)?的)?(?:全部|所有)?(客户|工单|客户和工单|客户工单|活|工作)(?:都|全都|全部|全|先|暂时|都先|先都)+(?:转|交|移交|转交)?给(.{2,8}?)(?:吧|负责|接手|跟|跟进|管)?$`)
)

// mostHandOver is how many customers and tickets one order may hand over; what is more is said to be left.
const mostHandOver = 20

// deskSaid does what a text says of colleagues or of the service. It reports whether text said such a thing.
func (t *turn) deskSaid(text string) (bool, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "。.!！？?~～ ")
	if n := utf8.RuneCountInString(text); n < 2 || n > 60 {
		return false, nil
	}
	do := func(name string, params map[string]any) (bool, error) {
		if name == "brief.at" {
			t.after = append(t.after, t.bot.briefsMoved)
		}
		return true, t.run(pending{Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Text: text}, 1)
	}
	if job := t.mind.open(t.now); job != nil && job.Kind == "confirm" && deskWhole.MatchString(text) {
		t.wholeDraft = true
		return true, t.shownAgain(*job)
	}
	switch {
	case deskTeam.MatchString(text):
		return true, t.team()
	case deskIdle.MatchString(text):
		return true, t.idle()
	case deskBack.MatchString(text):
		return do("task.list", map[string]any{"back": true})
	case deskOwe.MatchString(text):
		return do("task.list", map[string]any{"given": true})
	case deskTasks.MatchString(text):
		return do("task.list", nil)
	case deskBrief.MatchString(text):
		return true, t.briefHour()
	case deskNever.MatchString(text):
		return do("brief.at", map[string]any{"at": "off"})
	}
	m := deskMove.FindStringSubmatch(text)
	if job := t.mind.open(t.now); m == nil && job != nil && job.Kind == "ask" && job.Calls[0].Name == "brief.at" { // 8点半 is in the morning
		if when, ok := parse.When(text, t.local()); ok && when.Hour >= 0 {
			t.settled(*job)
			m = []string{text, text}
		}
	}
	if m != nil {
		when, ok := parse.When(m[1], t.local())
		if !ok || when.Bad != "" || when.Hour < 0 {
			return do("brief.at", map[string]any{"at": "?"})
		}
		return do("brief.at", map[string]any{"at": fmt.Sprintf("%02d:%02d", when.Hour, when.Minute)})
	}
	if m := deskDay.FindStringSubmatch(text); m != nil {
		return t.dayOf(m[1], m[2])
	}
	if m := deskTodo.FindStringSubmatch(text); m != nil {
		return t.todosOf(m[1], text)
	}
	if m := deskGive.FindStringSubmatch(text); m != nil {
		return t.handOver(m[1]+m[2], m[3], m[4], text)
	}
	if m := deskLeaves.FindStringSubmatch(text); m != nil {
		return t.left(m[1])
	}
	return t.serviceSaid(text)
}

// daysSaid are the days which the word means whose work is asked for, To excluded, and what they are called; no word is today.
func daysSaid(word string, now time.Time) (from, to time.Time, called string) {
	day := func(n int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+n, 0, 0, 0, 0, now.Location())
	}
	monday := -int(now.Weekday()+6) % 7
	switch word {
	case "这周", "本周", "这星期":
		return day(monday), day(1), "这周"
	case "上周", "上星期":
		return day(monday - 7), day(monday), "上周"
	case "这个月", "本月":
		return day(1 - now.Day()), day(1), "这个月"
	}
	from = day(-map[string]int{"昨天": 1, "昨日": 1, "前天": 2}[word])
	return from, from.AddDate(0, 0, 1), crm.SayDay(from, now)
}

// oneColleague is the colleague whom said names, and nobody else.
func (t *turn) oneColleague(said string) (one store.Colleague, ok bool, err error) {
	people, err := t.tx.Colleagues(t.ctx)
	if err != nil {
		return one, false, fmt.Errorf("desk: %w", err)
	}
	best := 0
	for _, p := range people {
		switch fit := crm.PersonFits(p.Name, said); {
		case fit < 2 || fit < best:
		case fit == best:
			ok = false
		default:
			one, ok, best = p, true, fit
		}
	}
	return one, ok, nil
}

// leads tells whether the speaker answers for others.
func (t *turn) leads() bool {
	return t.actor.Role == crm.TeamLead || t.actor.Role == crm.Manager || t.actor.Role == crm.Admin
}

// dayTelling is what a colleague did on a day.
type dayTelling struct {
	Name  string // "" is the reader
	Day   string
	Lines []dayLine
	Total int
	More  int
	Own   bool // the reader sees only customers of their own
}

type dayLine struct {
	At, Customer, Content string
	Ticket                int64
	Kind                  string
}

// mostDay is how many lines a colleague's day shows.
const mostDay = 10

// dayOf tells what a colleague did: 李雷今天都干了啥. It reports false when who is none.
func (t *turn) dayOf(who, day string) (bool, error) {
	user, name := t.actor.UserID, ""
	for _, d := range []string{"今天", "昨天", "前天", "这周", "本周", "上周", "这个月", "本月"} {
		if rest, ok := strings.CutPrefix(who, d); ok && day == "" { // 今天李雷都干了啥
			who, day = rest, d
		}
	}
	switch who = strings.TrimSpace(who); who {
	case "", "我", "我自己":
		if day == "" {
			return false, nil
		}
	case "大家", "我们", "团队", "组里":
		return true, t.team()
	default:
		p, ok, err := t.oneColleague(who)
		if !ok || err != nil {
			return false, err
		}
		user, name = crm.UserID(p.ID), p.Name
	}
	from, to, called := daysSaid(day, t.local())
	lines, total, err := t.tx.DayOf(t.ctx, user, from, to, mostDay)
	if err != nil {
		return true, err
	}
	v := dayTelling{Name: name, Day: called, Total: total, Own: name != "" && !t.leads()}
	clock := "15:04"
	if to.Sub(from) > 25*time.Hour {
		clock = "1月2日 15:04"
	}
	v.take(lines, clock, from.Location())
	t.say(t.bot.say("desk_day", v))
	return true, nil
}
