package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.uber.org/zap"

	"gendan/adapters/dingtalk"
	"gendan/adapters/embedded"
	"gendan/adapters/ocr"
	"gendan/adapters/wecom"
	"gendan/bot/chat"
	"gendan/crm/store"
)

// doctor checks one thing after another and says in Chinese what is wrong and what to do.
type doctor struct {
	s   streams
	bad int
}

// say prints a finding; advice is "" when all is well.
func (d *doctor) say(ok bool, what, advice string) {
	mark := "✅"
	if !ok {
		mark = "❌"
		d.bad++
	}
	line := mark + " " + what
	if advice != "" {
		line += "：" + advice
	}
	fmt.Fprintln(d.s.out, line)
}

// note prints what is no fault but worth knowing.
func (d *doctor) note(what, advice string) { fmt.Fprintln(d.s.out, "➖ "+what+"："+advice) }

// doctorCommand checks every setting and connection.
func doctorCommand(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(s.err)
	wait := flags.Duration("wait", 15*time.Second, "how long to wait for a platform's connection")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "gendan doctor checks every setting and connection and says in Chinese what is wrong and what to do. Beside a running serve it\nasks that one how its connections do, since a second connection would push the first aside.\n\nExample:\n  gendan doctor\n\nFlags:")
		flags.PrintDefaults()
	}
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	d := &doctor{s: s}
	set, err := readSettings(os.Getenv)
	if err != nil {
		d.say(false, "设置", oneLine(err.Error()))
		return 1
	}
	d.say(true, "设置", "")
	running := d.serving(ctx, set)
	d.servers(ctx, set)
	if why := ocr.New(ctx).Missing(); why != "" {
		d.note("图片识别", why)
	} else {
		d.say(true, "图片识别", "")
	}
	d.model(ctx, set)
	d.doors(ctx, set)
	if !running {
		d.weCom(ctx, set, *wait)
		d.dingTalk(ctx, set, *wait)
	}
	if d.bad > 0 {
		fmt.Fprintf(s.err, "gendan: %d findings to mend\n", d.bad)
		return 1
	}
	return 0
}

// serving asks a running service; running is false when none listens.
func (d *doctor) serving(ctx context.Context, set settings) (running bool) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+set.Listen+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.note("服务", "没有在 "+set.Listen+" 运行；用 gendan serve 启动")
		return false
	}
	defer res.Body.Close()
	v, err := decodeReadiness(res.Body)
	if err != nil {
		d.say(false, "服务", set.Listen+" 被别的程序占用，请换 GENDAN_LISTEN")
		return false
	}
	d.say(v.Ready, "服务", "")
	for name, h := range v.Platforms {
		d.say(h.Connected, platformNames[name]+"连接", h.Detail)
	}
	return true
}

var platformNames = map[string]string{"wecom": "企业微信", "dingtalk": "钉钉", "kf": "微信客服", "mail": "邮件", "sms": "短信", "contact": "企业微信客户联系"}

func (d *doctor) servers(ctx context.Context, set settings) {
	sv, err := open(ctx, set, zap.NewNop(), time.Now, true)
	switch {
	case errors.Is(err, embedded.ErrNoPostgres):
		d.say(false, "Postgres", "这台机器没有 PostgreSQL 15，请安装 postgresql，或设 DATABASE_URL")
		return
	case err != nil:
		d.say(false, "数据库", oneLine(err.Error()))
		return
	}
	defer sv.close()
	current, newest, err := store.SchemaVersion(ctx, sv.databaseURL)
	d.say(err == nil && current == newest, "数据库", fmt.Sprintf("结构版本 %d", current))
	switch {
	case sv.redis == nil:
		d.note("Redis", "没有找到 redis-server，定时器由 Postgres 承担，稍慢但不丢；想更快请安装 redis-server 或设 REDIS_URL")
	default:
		err := sv.redis.Ping(ctx).Err()
		d.say(err == nil, "Redis", map[bool]string{true: "", false: "连不上，请检查 REDIS_URL；期间定时器由 Postgres 承担"}[err == nil])
	}
	d.people(ctx, sv.store)
	letters, err := sv.store.DeadLetters(ctx)
	switch {
	case err != nil:
		d.say(false, "发件箱", oneLine(err.Error()))
	case len(letters) > 0:
		l := letters[0]
		d.note("发件箱", fmt.Sprintf("有 %d 条消息没能送达，最近一条发给 %s（%s %s）", len(letters), l.Peer, l.Code, l.Advice))
	default:
		d.say(true, "发件箱", "")
	}
}

func (d *doctor) people(ctx context.Context, st *store.Store) {
	users, err := st.ListUsers(ctx)
	if err != nil {
		d.say(false, "同事", oneLine(err.Error()))
		return
	}
	lonely := ""
	for _, u := range users {
		if u.Active && len(u.Peers) == 0 {
			lonely = u.Name
		}
	}
	switch {
	case len(users) == 0:
		d.note("同事", "还没有人，请用 gendan user add --name 姓名 --role rep --wecom 账号 加人")
	case lonely != "":
		d.note("同事", lonely+" 还没有绑定企业微信或钉钉账号，收不到消息")
	default:
		d.say(true, fmt.Sprintf("同事 %d 位", len(users)), "")
	}
}

func (d *doctor) weCom(ctx context.Context, s settings, wait time.Duration) {
	if s.WeComBotID == "" && s.WeComCorpID == "" {
		d.note("企业微信", "没有设置；要接入请设 WECOM_BOT_ID 和 WECOM_BOT_SECRET")
		return
	}
	a, err := wecom.New(wecom.Config{
		CorpID: s.WeComCorpID, AgentID: s.WeComAgentID, Secret: s.WeComSecret, Token: s.WeComToken, AESKey: s.WeComAESKey,
		BotID: s.WeComBotID, BotSecret: s.WeComBotSecret, APIURL: s.WeComAPIURL, WSURL: s.WeComWSURL,
	})
	if err != nil {
		d.say(false, "企业微信", oneLine(err.Error()))
		return
	}
	d.platform(ctx, "企业微信", a, wait)
	if len(s.WeComKF) > 0 {
		d.customerService(ctx, a, s.WeComKF)
	}
	if s.WeComSecret != "" && s.WeComAgentID != 0 {
		d.contacts(ctx, a)
	}
}

// contacts tells whether the app may reach the WeChat contacts of colleagues. It need not.
func (d *doctor) contacts(ctx context.Context, a *wecom.Adapter) {
	const name = "企业微信客户联系"
	there, allowed, err := a.ContactOwners(ctx)
	switch {
	case err != nil:
		d.say(false, name, adviceOf(err, "请稍后再试"))
	case !allowed:
		d.note(name, "这个应用没有权限；要给同事微信里的客户发优惠，请在管理后台「客户联系 - 客户 - API - 可调用接口的应用」里加上它")
	case len(there) == 0:
		d.note(name, "还没有同事开通客户联系：请在管理后台「客户联系 - 权限配置」里给他们开通")
	default:
		d.say(true, fmt.Sprintf("%s（%d 位同事）", name, len(there)), "")
	}
}

// customerService checks that the app may serve each account and that somebody there is on duty.
func (d *doctor) customerService(ctx context.Context, a *wecom.Adapter, ids []string) {
	kf, err := a.KF(wecom.KFConfig{Accounts: ids})
	if err != nil {
		d.say(false, "微信客服", oneLine(err.Error()))
		return
	}
	accounts, err := kf.Accounts(ctx)
	if err != nil {
		advice := oneLine(err.Error())
		var e *chat.SendError
		if errors.As(err, &e) && e.Advice != "" {
			advice = e.Advice
		}
		d.say(false, "微信客服", advice)
		return
	}
	names := map[string]string{}
	for _, one := range accounts {
		names[one.ID] = one.Name
	}
	for _, id := range ids {
		if names[id] == "" {
			d.say(false, "微信客服 "+id, "这个应用没有权限管理它：请核对 WECOM_KF_ID，并在管理后台「微信客服 - API」里把账号交给这个应用")
			continue
		}
		there, err := kf.OnDuty(ctx, id)
		if err == nil && len(there) == 0 {
			d.note("微信客服「"+names[id]+"」", "现在没有同事在接待，客户要转人工时没有人接：请接待人员在企业微信里点开始接待")
			continue
		}
		d.say(err == nil, "微信客服「"+names[id]+"」", map[bool]string{true: "", false: "读不到接待人员，请稍后再试"}[err == nil])
	}
}

func (d *doctor) dingTalk(ctx context.Context, s settings, wait time.Duration) {
	if s.DingTalkClientID == "" {
		d.note("钉钉", "没有设置；要接入请设 DINGTALK_CLIENT_ID 和 DINGTALK_CLIENT_SECRET")
		return
	}
	a, err := dingtalk.New(dingtalk.Config{
		ClientID: s.DingTalkClientID, ClientSecret: s.DingTalkClientSecret, RobotCode: s.DingTalkRobotCode,
		APIURL: s.DingTalkAPIURL, OAPIURL: s.DingTalkOAPIURL, Streams: 1,
	})
	if err != nil {
		d.say(false, "钉钉", oneLine(err.Error()))
		return
	}
	d.platform(ctx, "钉钉", a, wait)
}

// platform connects for a moment and reads the directory. What comes in meanwhile is left to the platform
// to deliver again, for nothing here could answer it.
func (d *doctor) platform(ctx context.Context, name string, a chat.Adapter, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- a.Run(ctx, func(context.Context, chat.Message) error { return errors.New("doctor: nobody answers here") })
	}()
	for !a.Ready() && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	if !a.Ready() {
		advice := a.Health().Detail
		if advice == "" {
			advice = "连不上，请检查网络能否访问平台，以及两个密钥有没有抄错"
		}
		d.say(false, name+"连接", advice)
	} else {
		d.say(true, name+"连接", "")
		if people, err := a.People(ctx); err != nil {
			d.note(name+"通讯录", "读不到："+oneLine(err.Error()))
		} else {
			d.say(true, fmt.Sprintf("%s通讯录 %d 人", name, len(people)), "")
		}
	}
	cancel()
	<-done
}
