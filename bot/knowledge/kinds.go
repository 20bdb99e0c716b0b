package knowledge

import "strings"

// kinds is a set of kinds of question.
type kinds uint16

// The kinds of question. A price is not answered with a place.
const (
	asksHow kinds = 1 << iota
	asksWhether
	asksPrice
	asksWhen
	asksWhere
	asksWhy
	asksWhat
	asksCount
	asksWho
	asksTrouble // something does not work

	strongKinds = asksPrice | asksWhen | asksWhere | asksCount | asksWho
)

// kindWords are the words that tell the kind of a question.
var kindWords = func() map[string]kinds {
	m := map[string]kinds{}
	for k, list := range map[kinds]string{
		asksHow:     "怎么 怎样 如何 咋 怎么样 咋样 怎么弄 咋弄 咋整 怎么办 咋办 如何办 步骤 流程 方法 教程 操作 办法 怎么做 咋做 怎么操作 怎么搞 咋搞 怎么用 咋用 怎么走 要怎么 该怎么",
		asksWhether: "吗 么 嘛 能否 是否 可否 有没有 是不是 能不能 可不可以 会不会 要不要 行不行 行吗 可以吗 能吗 好吗 不 支持 可以 能 没",
		asksPrice: "多少钱 价格 价钱 收费 费用 几块 几块钱 几毛 多少元 贵不贵 贵吗 报价 单价 售价 什么价 啥价 价位 怎么卖 怎么收费 收费标准 多钱 学费 定价 要钱 花钱 免费 " +
			"几元 几百 几千 几万 花多少 付多少 交多少",
		asksWhen: "多久 多长时间 几天 什么时候 啥时候 何时 几点 几点钟 多少天 几小时 几个小时 几分钟 多少小时 时间 时长 几号 哪天 周期 期限 几个月 几年 多少年 几周 几个工作日 " +
			"时效 时限 有效期 啥时间 什么时间 最晚 最早 几时 星期几 周几 几月 多会 多会儿 几日 几个钟 几个星期 多长 隔多久 多少分钟 要等几天",
		asksWhere: "哪里 哪儿 在哪 地址 位置 哪个地方 什么地方 啥地方 哪个位置 入口 路线 哪个页面 哪块 哪边 去哪 到哪 在哪里 在哪儿 怎么走 怎么去 几楼 地点",
		asksWhy:   "为什么 为啥 为何 咋回事 怎么回事 原因 什么原因 啥原因 怎么会 凭什么 啥情况 什么情况",
		asksWhat:  "什么 啥 哪些 哪个 哪种 哪一个 区别 是什么 是啥 有什么 有啥 什么意思 什么叫 几种 不同 什么样 差别 哪款 啥样",
		asksCount: "多少 几个 几次 几张 几台 几份 几件 几人 多少个 多少人 多少次 几名 几位 几条 多少台 多大 多重 多高 多少件 几节 几门 几间",
		asksWho:   "谁 哪位 什么人 找谁 谁来 联系谁 由谁",
		asksTrouble: "无法 没法 没办法 失败 没反应 没有反应 出错 坏了 坏 死机 卡住 卡死 黑屏 蓝屏 打不着 闪退 崩溃 出问题 有问题 出毛病 毛病 " +
			"不行 不动 不行了 不了 不上 不出 没用 失灵 断了 裂了 罢工 趴窝 歇菜 卡顿 太慢 很慢 不灵 烧了 停了 掉线 断线 断网",
	} {
		for _, w := range strings.Fields(list) {
			m[w] |= k
		}
	}
	return m
}()

// answerKinds tells which kinds of question a text can answer: one with 48小时 says when, one with 12元 how much.
func answerKinds(text []rune) kinds {
	var k kinds
	s := string(text)
	has := func(words string) bool {
		for _, w := range strings.Fields(words) {
			if strings.Contains(s, w) {
				return true
			}
		}
		return false
	}
	digits := strings.ContainsAny(s, "0123456789一二三四五六七八九十两半")
	if has("免费 费用 价格 收费 收取 元 块钱 万") {
		k |= asksPrice
	}
	if digits && has("天 小时 分钟 日 点 周 月 年 时 秒") || has("随时 当天 次日 实时 即时 立即 全天 工作日") {
		k |= asksWhen
	}
	if has("路 楼 层 地址 位于 页面 菜单 点击 首页 我的 设置 右上角 左侧 下方 底部 官网 附近 门店 前台 大厅 窗口 中心 公众号 小程序") {
		k |= asksWhere
	}
	if digits {
		k |= asksCount
	}
	if has("客服 经理 顾问 老师 医生 师傅 工程师 管理员 专员 前台 联系 承担 本人 家长 由") {
		k |= asksWho
	}
	return k
}
