package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gendan/bot/chat"
)

// codeOwnLimit marks a call that we did not make, because the platform would have refused it.
const codeOwnLimit = "ownLimit"

// ownLimit is that refusal: what would have been too many, and how long to wait.
func ownLimit(wait time.Duration, what string) *chat.SendError {
	return &chat.SendError{Fault: chat.Retry, After: wait + 50*time.Millisecond, Code: codeOwnLimit, Err: fmt.Errorf("dingtalk: too many %s", what)}
}

// quotaPause is how long to wait after the month's quota is used up: long, for only a person or the next month helps.
const quotaPause = time.Hour

// fault says what err means for a send. again tells that repeating cannot double anything (a card with
// its own id, a call that only reads).
func fault(err error, again bool) *chat.SendError {
	var done *chat.SendError
	if errors.As(err, &done) {
		return done
	}
	var e *apiError
	if !errors.As(err, &e) {
		s := &chat.SendError{Fault: chat.Retry, Err: err}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			s.Code = "timeout"
		}
		return s
	}
	s := &chat.SendError{Code: e.Code, Err: err}
	gateway := e.Status == 502 || e.Status == 504 // whatever it says, it does not know what became of the call
	for _, row := range faults {
		if !gateway && match(row.codes, e.Code) {
			s.Fault, s.After, s.Advice = row.fault, row.after, row.advice
			break
		}
	}
	switch {
	case s.Fault != "":
	case errors.Is(err, errUndelivered):
		s.Fault = chat.Rejected
	case e.Status == 429:
		s.Fault, s.After = chat.Retry, 2*time.Second
	case e.Code == "notJSON" && !e.Sent:
		s.Fault, s.After = chat.Retry, time.Minute
		s.Advice = "钉钉接口前面有网关拦下了请求，请检查服务器的出口网络、代理和 IP 是否被封。"
	case e.Status == 0 && !e.Sent:
		s.Fault, s.Code = chat.Retry, "connect"
	case e.Status == 0:
		s.Fault, s.Code = chat.Unsure, first(e.Code, "timeout")
	case e.Status >= 500 || e.Sent && e.Code == "notJSON" || e.Err != nil:
		s.Fault, s.Code = chat.Unsure, first(e.Code, "http")
	default:
		s.Fault = chat.Rejected
	}
	if s.Fault == chat.Unsure && again {
		s.Fault = chat.Retry
	}
	if s.Fault == chat.Retry && s.After > 0 && s.After < time.Minute {
		s.After = jitter(s.After)
	}
	if len(e.Scopes) > 0 {
		s.Advice = "钉钉应用缺少权限 " + strings.Join(e.Scopes, "、") + "，请到开放平台「权限管理」开通后发布新版本。"
	}
	return s
}

// faults is what the platform's codes mean, most particular first.
var faults = []struct {
	codes  []string // whole codes; what follows a "*" may stand anywhere in the code
	fault  chat.Fault
	after  time.Duration
	advice string
}{
	{codes: []string{"*ApiCountLimitForOrg", "90020", "90030"}, fault: chat.Retry, after: quotaPause,
		advice: "本月钉钉接口调用额度用完了，消息会等额度恢复后再发；请到开放平台查看用量，升级版本或购买额度。"},
	{codes: []string{"*QpsLimit", "90018", "90002", "90019", "410100", "*send.too.fast", "*too.many.group", "*too.many.people", "*tooFast"},
		fault: chat.Retry, after: 1500 * time.Millisecond},
	{codes: []string{"130101", "302033"}, fault: chat.Retry, after: 20 * time.Second},
	{codes: []string{"1111"}, fault: chat.Retry, after: 5 * time.Minute,
		advice: "这台服务器的请求太密，被钉钉封了几分钟，会自动恢复；若常出现，请检查是否有别的程序共用这个出口 IP。"},
	{codes: []string{"*IpNotInWhiteList", "60020"}, fault: chat.Retry, after: 10 * time.Minute,
		advice: "这台服务器的出口 IP 不在钉钉应用的白名单里，请到开放平台「安全设置」加上它。"},
	{codes: []string{"*AccessTokenPermissionDenied", "88.60011", "60011"}, fault: chat.Rejected,
		advice: "钉钉应用缺少接口权限，请到开放平台「权限管理」开通机器人发消息和通讯录读取权限后发布新版本。"},
	{codes: []string{"invalidClientIdOrSecret", "authFailed", "40089", "40096"}, fault: chat.Retry, after: 10 * time.Minute,
		advice: "钉钉不认这组 ClientID 和 ClientSecret，请到开放平台「凭证与基础信息」核对后重新填写。"},
	{codes: []string{"InvalidAuthentication", "40014", "42001", "40001"}, fault: chat.Retry, after: time.Minute,
		advice: "钉钉不认刚换的访问令牌，请核对 ClientID、ClientSecret 和接口地址是否属于同一个应用。"},
	{codes: []string{"*robotCode."}, fault: chat.Rejected,
		advice: "钉钉不认这个 RobotCode，请到开放平台「机器人」页核对，并确认应用已发布。"},
	{codes: []string{"bot.stopped", "400102", "400106", "400101"}, fault: chat.Rejected,
		advice: "钉钉机器人被停用了，请到开放平台启用机器人并发布应用。"},
	{codes: []string{"*openConversationId", "400013"}, fault: chat.Unreached,
		advice: "机器人不在这个钉钉群里或群已解散，请在群设置里重新添加机器人。"},
	{codes: []string{"*contentUnsafe", "430101", "430102", "430103", "430104"}, fault: chat.Rejected,
		advice: "有一条消息没通过钉钉的内容审核，没有发出去；请检查其中的外链和用词。"},
	{codes: []string{"param.templateNotExist", "param.templateUnpublished", "*template."}, fault: chat.Rejected,
		advice: "钉钉卡片模板不存在或没有发布，暂时用文字代替卡片；请按 docs/dingtalk-card.md 发布模板并更新模板 ID。"},
	{codes: []string{"orgAuthLevelNotEnough"}, fault: chat.Rejected, advice: "这项功能需要钉钉认证企业，请先完成企业认证。"},
	{codes: []string{"system.busy", "ServiceUnavailable", "-1"}, fault: chat.Retry, after: 3 * time.Second},
}

// match reports whether code is one of codes.
func match(codes []string, code string) bool {
	for _, c := range codes {
		if part, ok := strings.CutPrefix(c, "*"); ok && strings.Contains(code, part) || c == code {
			return true
		}
	}
	return false
}
