package bot

import (
	"regexp"
	"strings"

	"gendan/bot/parse"
)

// People ask to have records deleted. Nothing is ever deleted from the chat, since what hangs on a record would go with it; what
// they are after has other words, by the kind of the record.
var (
	removeWhat = parse.MustPattern(`^(?:帮我|请|麻烦)?(?:把|将)?(?:(?:删除|删掉|删了|删)(?:一下)?(.{1,30}?)|(.{1,30}?)(?:给我)?(?:删除|删掉|删了|删))(?:吧|了|一下)*$`)
	removeKind = regexp.MustCompile(`客户|商机|单子|工单|联系人|跟进|线索|订单`)
	removeElse = regexp.MustCompile(`提醒|任务|待办|标签|人群|分群|旅程|规则|协作|券|活动|知识|刚才|刚刚|上一`)
)

// removal answers a wish to delete a record. It reports whether text was one.
func (t *turn) removal(text string) bool {
	text = strings.TrimRight(strings.TrimSpace(text), "。.!！？?~～ ")
	m := removeWhat.FindStringSubmatch(text)
	if m == nil || removeElse.MatchString(text) {
		return false
	}
	what := strings.TrimSpace(m[1] + m[2])
	kinds := removeKind.FindAllString(what, -1)
	kind := "客户"
	switch {
	case len(kinds) > 0:
		kind = kinds[len(kinds)-1]
	case !t.ownNames().holds(strings.TrimSuffix(what, "的")):
		return false
	}
	if kind == "单子" {
		kind = "商机"
	}
	t.say(t.text("not_removed", map[string]any{"Kind": kind}))
	return true
}
