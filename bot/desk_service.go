package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/store"
)

// What administrators say of the service itself.
var (
	deskAdd      = parse.MustPattern(`^(?:帮我)?(?:加|添加|新增|新建|创建)(?:一个|个|一位|位)?(?:新)?(?:同事|用户|员工|账号)(?:[：:，,\s].*)?$`)
	deskUsers    = parse.MustPattern(`^(?:看看|看一下|看|列出)?(?:所有|全部|公司)?的?(?:用户|同事|员工|账号|人员)(?:列表|名单|清单|有哪些)$`)
	deskRole     = parse.MustPattern(`^(?:把)?(.{2,8}?)(?:的角色|的权限)?(?:改成|改为|升为|升成|设为|设成|调成|变成)(?:一个)?(销售|主管|客服|市场|经理|管理员)$`)
	deskSettings = parse.MustPattern(`^(?:看看|看一下|看|打开|查看|进入)?(?:系统|公司|我的)?的?(?:设置|配置|参数设置)(?:在哪|在哪里|有哪些|列表)?$|^(?:怎么|在哪)(?:改)?设置$`)
	deskUnsent   = parse.MustPattern(`^(?:看看|看一下|看|查一下|查)?(?:有没有|有什么|有哪些|哪些|还有什么)?(?:消息|通知|短信|邮件)?(?:是)?(?:没|没有|未)(?:送到|发出去|发成|送达|发送成功|发出)的?(?:消息|通知|短信|邮件)?(?:有哪些|列表|呢|吗)?$|^(?:死信|发送失败的?(?:消息|通知)?|失败的消息)(?:列表|有哪些)?$`)
	deskHealthy  = parse.MustPattern(`^(?:现在)?(?:系统|服务|机器人|平台)(?:现在|都)?(?:还)?(?:正常|好着|运行正常|健康|怎么样|状态|情况|有问题)(?:吗|么|不|如何|怎么样|呢)?$`)
)

// roleKeys are the roles as the command line knows them.
var roleKeys = map[string]crm.Role{"销售": crm.Rep, "主管": crm.TeamLead, "客服": crm.Service, "市场": crm.Marketer, "经理": crm.Manager, "管理员": crm.Admin}

// serviceSaid answers what is said of accounts, settings and the service's own health.
func (t *turn) serviceSaid(text string) (bool, error) {
	admin := t.actor.Role == crm.Admin
	say := func(name string, data map[string]any) (bool, error) {
		data["Admin"] = admin
		t.say(t.text(name, data))
		return true, nil
	}
	switch {
	case deskAdd.MatchString(text):
		return say("desk_add", map[string]any{})
	case deskUsers.MatchString(text):
		return true, t.team()
	case deskSettings.MatchString(text):
		return say("desk_settings", map[string]any{})
	case deskUnsent.MatchString(text):
		if !admin {
			return say("desk_admin_only", map[string]any{})
		}
		return true, t.unsent()
	case deskHealthy.MatchString(text):
		return true, t.healthy(admin)
	}
	if m := deskRole.FindStringSubmatch(text); m != nil {
		p, ok, err := t.oneColleague(m[1])
		if !ok || err != nil {
			return false, err
		}
		return say("desk_role", map[string]any{"Name": p.Name, "Role": m[2], "Key": roleKeys[m[2]]})
	}
	return false, nil
}

// mostUnsent is how many dead letters a list shows.
const mostUnsent = 10

// unsentLine is a message that was given up.
type unsentLine struct{ When, Platform, Who, What, Code, Advice string }

// unsent lists the last messages that could not be sent.
func (t *turn) unsent() error {
	b, zone := t.bot, t.local().Location()
	got, err := t.workOutside("dead letters", 5*time.Second, func(ctx context.Context) (any, error) {
		list, err := b.store.DeadLetters(ctx)
		if err != nil {
			return nil, err
		}
		var lines []unsentLine
		for _, d := range list[:min(len(list), mostUnsent)] {
			lines = append(lines, unsentLine{When: crm.SayTime(d.ClosedAt, b.now(), zone), Platform: platformName(d.Platform), Who: b.nameOf(ctx, d.Peer), Code: d.Code, Advice: d.Advice})
		}
		return unsentFound{lines, len(list)}, nil
	})
	if err != nil {
		return err
	}
	found, ok := got.(unsentFound)
	if !ok {
		return fmt.Errorf("dead letters: %T: %w", got, crm.ErrInvalid)
	}
	t.say(t.text("desk_unsent", map[string]any{"Lines": found.lines, "Total": found.total, "More": found.total - len(found.lines)}))
	return nil
}

type unsentFound struct {
	lines []unsentLine
	total int
}

// doorState is how one door stands.
type doorState struct {
	Name      string
	Connected bool
	Detail    string // for administrators
	Open      int    // messages that could be sent now
}

// healthy tells how the doors and what waits to be sent stand.
func (t *turn) healthy(admin bool) error {
	b := t.bot
	got, err := t.workOutside("outbox", 5*time.Second, func(ctx context.Context) (any, error) { return b.store.OutboxStats(ctx) })
	if err != nil {
		return err
	}
	stats, ok := got.([]store.OutboxStat)
	if !ok {
		return fmt.Errorf("outbox: %T: %w", got, crm.ErrInvalid)
	}
	dead := 0
	open := map[string]int{}
	for _, s := range stats {
		dead += s.Dead
		open[s.Platform] = s.Open
	}
	var doors []doorState
	down := 0
	for name, a := range b.adapters {
		h := a.Health()
		d := doorState{Name: platformName(name), Connected: h.Connected, Open: open[name]}
		if admin {
			d.Detail = h.Detail
		}
		if !h.Connected {
			down++
		}
		doors = append(doors, d)
	}
	slices.SortFunc(doors, func(a, b doorState) int { return strings.Compare(a.Name, b.Name) })
	t.say(t.text("desk_healthy", map[string]any{"Doors": doors, "Down": down, "Dead": dead, "Admin": admin}))
	return nil
}
