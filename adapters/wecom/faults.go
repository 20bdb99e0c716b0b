package wecom

import (
	"context"
	"errors"
	"net"
	"regexp"
	"strings"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"
)

// verdict is what an errcode means to the sender and to the administrator.
type verdict struct {
	fault  chat.Fault
	after  time.Duration
	advice string
}

const settled = 5 * time.Minute // how long to leave a matter to the administrator before trying again

// verdicts holds the codes whose meaning is known; both doors share the numbers.
var verdicts = map[int]verdict{
	-1:    {fault: chat.Retry, after: time.Second},
	6000:  {fault: chat.Retry, after: time.Second},
	45033: {fault: chat.Retry, after: 2 * time.Second},
	45009: {fault: chat.Retry, after: time.Minute, advice: "企业微信的发送频率到了上限，消息会稍后自动补发；若经常出现，请减少群发或提醒。"},
	40014: {fault: chat.Retry, after: 2 * time.Second},
	42001: {fault: chat.Retry, after: 2 * time.Second},

	40001:  {chat.Retry, settled, "企业微信应用的密钥不对（40001）：请核对 WECOM_SECRET，在管理后台「应用管理」里重新查看 Secret。"},
	40013:  {chat.Retry, settled, "企业 ID 不对（40013）：请核对 WECOM_CORP_ID，在管理后台「我的企业」最下方查看。"},
	40091:  {chat.Retry, settled, "企业微信应用的密钥无效（40091）：请在管理后台重新获取 Secret，并更新 WECOM_SECRET。"},
	41004:  {chat.Retry, settled, "没有企业微信应用的密钥（41004）：请设置 WECOM_SECRET。"},
	60020:  {chat.Retry, settled, "本机的 IP 不在企业微信应用的可信 IP 里（60020）：请在管理后台该应用的「企业可信IP」中加上本机出口 IP。"},
	40056:  {chat.Retry, settled, "应用编号不对（40056）：请核对 WECOM_AGENT_ID。"},
	301002: {chat.Retry, settled, "WECOM_AGENT_ID 和 WECOM_SECRET 不属于同一个应用（301002）：请核对两项设置。"},
	48002:  {chat.Retry, settled, "企业微信没有给该应用这个接口的权限（48002）：请在管理后台开通。"},
	50003:  {chat.Retry, settled, "企业微信应用被停用了（50003）：请在管理后台重新启用。"},

	81013:  {fault: chat.Unreached},
	60111:  {fault: chat.Unreached},
	60021:  {fault: chat.Unreached, advice: "有成员不在企业微信应用的可见范围内（60021）：请在管理后台把他加入该应用的可见范围。"},
	40003:  {fault: chat.Unreached},
	40031:  {fault: chat.Unreached},
	41054:  {fault: chat.Unreached},
	43004:  {fault: chat.Unreached},
	50002:  {fault: chat.Unreached, advice: "有成员不在企业微信应用的可见范围内（50002）：请在管理后台把他加入该应用的可见范围。"},
	60011:  {fault: chat.Unreached, advice: "企业微信应用无权给该成员发消息（60011）：请在管理后台检查应用的可见范围。"},
	701008: {fault: chat.Unreached, advice: "该成员没有企业微信接口许可（701008）：请在管理后台为他分配许可。"},
	86201:  {fault: chat.Unreached},
	86216:  {fault: chat.Unreached},
	93001:  {fault: chat.Unreached, advice: "有群聊不允许机器人发言（93001）：请群主在群设置里允许机器人。"},
	93006:  {fault: chat.Unreached},
	93008:  {fault: chat.Unreached, advice: "机器人已不在某个群聊里（93008）：需要时请重新把它加进群。"},

	40004: {fault: chat.Rejected}, 40005: {fault: chat.Rejected}, 40006: {fault: chat.Rejected}, 40007: {fault: chat.Rejected},
	40008: {fault: chat.Rejected}, 40009: {fault: chat.Rejected}, 40033: {fault: chat.Rejected}, 40035: {fault: chat.Rejected},
	40058: {fault: chat.Rejected}, 40063: {fault: chat.Rejected}, 44001: {fault: chat.Rejected}, 44004: {fault: chat.Rejected},
	45001: {fault: chat.Rejected}, 45002: {fault: chat.Rejected}, 45008: {fault: chat.Rejected}, 47001: {fault: chat.Rejected},
}

// ipInText finds the address that the platform saw us come from.
var ipInText = regexp.MustCompile(`from ip: ([0-9a-fA-F.:]+)`)

// sendError turns what a door said into the sender's terms.
func sendError(err error) *chat.SendError {
	var known *chat.SendError
	if errors.As(err, &known) {
		return known
	}
	e := &chat.SendError{Fault: chat.Retry, Err: err}
	var byAPI *APIError
	var byBot *aibot.Error
	switch {
	case errors.As(err, &byAPI) && byAPI.HTTP:
		e.Code = "HTTP " + itoa(byAPI.Code)
		if byAPI.Code == 502 || byAPI.Code == 504 {
			e.Fault = chat.Unsure // a gateway that lost the answer
		}
	case errors.As(err, &byAPI):
		judge(e, byAPI.Code)
		if m := ipInText.FindStringSubmatch(byAPI.Msg); m != nil && byAPI.Code == 60020 {
			e.Advice = strings.Replace(e.Advice, "本机出口 IP", " "+m[1], 1)
		}
	case errors.As(err, &byBot):
		judge(e, byBot.Code)
	case errors.Is(err, aibot.ErrOffline):
		e.Fault = chat.NotReady
	case errors.Is(err, aibot.ErrNoAck):
		e.Fault = chat.Unsure
	case errors.Is(err, aibot.ErrBusy), errors.Is(err, errToken), neverSent(err):
		e.After = time.Second
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), isNetwork(err):
		e.Fault = chat.Unsure
	}
	return e
}

// nothingShown is for errors before the message itself: what is unsure may be repeated.
func nothingShown(err error) error {
	e := *sendError(err)
	if e.Fault == chat.Unsure {
		e.Fault, e.After = chat.Retry, 2*time.Second
	}
	return &e
}

// judge fills e for an errcode; one that is not listed refuses this content for good.
func judge(e *chat.SendError, code int) {
	e.Code, e.Fault = itoa(code), chat.Rejected
	if v, ok := verdicts[code]; ok {
		e.Fault, e.After, e.Advice = v.fault, v.after, v.advice
	}
}

// neverSent tells that no connection came up, so that nothing can have arrived.
func neverSent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

// isNetwork tells that a connection broke after something may have been sent.
func isNetwork(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "connection")
}
