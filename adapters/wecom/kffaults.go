package wecom

import (
	"errors"
	"maps"
	"time"

	"gendan/bot/chat"
)

// kfVerdicts are the codes of WeChat customer service beside those that all doors share. 95007, 95013, 95014 and
// 95018 are from reports of the field, the others documented.
var kfVerdicts = func() map[int]verdict {
	v := maps.Clone(verdicts)
	maps.Copy(v, map[int]verdict{
		48002: {chat.Retry, settled, "应用没有微信客服的接口权限（48002）：请在管理后台「微信客服 - API」里把客服账号交给这个应用管理。"},
		95000: {fault: chat.Rejected, advice: "客服账号 ID 不对（95000）：请核对 WECOM_KF_ID。"},
		95001: {fault: chat.Unreached, advice: kfSpentAdvice},
		95004: {fault: chat.Rejected, advice: "客服账号不存在（95004）：请核对 WECOM_KF_ID，或在管理后台「微信客服」里检查。"},
		95007: {fault: chat.Retry, after: time.Second},
		95011: {chat.Retry, settled, "客服账号现在由企业微信自己接待（95011）：请在管理后台「微信客服」里改为由 API 管理。"},
		95012: {chat.Retry, settled, "企业还没有在企业微信里启用微信客服（95012）：请在管理后台启用。"},
		95013: {fault: chat.Unreached, advice: "这位客户的会话已经结束（95013）：请等客户再发消息，或者打电话。"},
		95014: {fault: chat.Rejected, advice: "要转接的同事不在接待中（95014）：请他在企业微信「微信客服」里点开始接待，或换一位同事。"},
		95016: {fault: chat.Rejected, advice: "会话现在的状态不能这样转（95016）：请在企业微信客服窗口里处理。"},
		95017: {chat.Retry, settled, "微信客服的 API 没有打开（95017）：请在管理后台「微信客服 - API」里打开。"},
		95018: {fault: chat.Unreached, advice: "这位客户的会话正在由同事接待，机器人不能插话（95018）：请在企业微信客服窗口里回复。"},
	})
	return v
}()

const kfSpentAdvice = "客户最近一次来信后，微信只让回 5 条、48 小时之内（95001）：请等客户再发消息，或者打电话。"

// kfError turns what the platform said into the sender's terms. A message repeated under its msgid is shown once,
// so nothing is unsure here.
func kfError(err error) *chat.SendError {
	e := *sendError(err)
	var refused *APIError
	if errors.As(err, &refused) && !refused.HTTP {
		if v, ok := kfVerdicts[refused.Code]; ok {
			e.Fault, e.After = v.fault, v.after
			if e.Advice == "" || refused.Code != 60020 { // which has the address in it
				e.Advice = v.advice
			}
		}
	}
	if e.Fault == chat.Unsure {
		e.Fault, e.After = chat.Retry, time.Second
	}
	return &e
}

// report is kfError that keeps a lasting refusal for Health.
func (k *KF) report(err error) *chat.SendError {
	e := kfError(err)
	if e.Advice != "" && e.Fault == chat.Retry && e.After >= settled {
		k.setTrouble(e.Advice)
	}
	return e
}

// kfCode is the platform's number in err, 0 when there is none.
func kfCode(err error) int {
	var refused *APIError
	if errors.As(err, &refused) && !refused.HTTP {
		return refused.Code
	}
	return 0
}
