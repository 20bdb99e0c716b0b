package wecom

import (
	"errors"
	"maps"

	"gendan/bot/chat"
)

// contactVerdicts are the codes of customer contact beside those that all doors share. 41048, 41063, 41093, 41096 and 84074
// are from reports of the field, the others documented.
var contactVerdicts = func() map[int]verdict {
	v := maps.Clone(verdicts)
	maps.Copy(v, map[int]verdict{
		48002:  {chat.Retry, settled, "应用没有客户联系的权限（48002）：请在管理后台「客户联系 - 客户 - API - 可调用接口的应用」里加上这个应用。"},
		41048:  {fault: chat.Unreached, advice: contactGoneAdvice},
		41050:  {fault: chat.Rejected},
		41051:  {fault: chat.Rejected},
		41063:  {fault: chat.Rejected},
		41093:  {fault: chat.Rejected},
		41096:  {fault: chat.Retry, after: lostAnswer},
		84061:  {fault: chat.Unreached, advice: contactGoneAdvice},
		84074:  {fault: chat.Unreached, advice: "有同事没有客户联系功能（84074）：请在管理后台「客户联系 - 权限配置」里给他开通。"},
		60111:  {fault: chat.Unreached},
		701008: {fault: chat.Unreached, advice: "有同事没有企业微信接口许可（701008）：请在管理后台为他分配许可，否则他的客户同步不到这里。"},
	})
	return v
}()

const contactGoneAdvice = "这位客户已不是同事的微信好友，或者本月的群发次数已满：请换短信或电话联系。"

// contactError turns what the platform said into the sender's terms. Whether a lost answer had made a task can be asked, so
// that nothing is unsure here.
func contactError(err error) *chat.SendError {
	e := *sendError(err)
	var refused *APIError
	if errors.As(err, &refused) && !refused.HTTP {
		if v, ok := contactVerdicts[refused.Code]; ok {
			e.Fault, e.After = v.fault, v.after
			if e.Advice == "" || refused.Code != 60020 { // which has the address in it
				e.Advice = v.advice
			}
		}
	}
	if e.Fault == chat.Unsure {
		e.Fault, e.After = chat.Retry, lostAnswer
	}
	return &e
}

// report is contactError that keeps a lasting refusal for Health.
func (c *Contact) report(err error) *chat.SendError {
	e := contactError(err)
	if e.Advice != "" && e.Fault == chat.Retry && e.After >= settled {
		c.setTrouble(e.Advice)
	}
	return e
}
