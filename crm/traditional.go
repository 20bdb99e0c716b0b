package crm

import (
	"regexp"
	"strings"
	"sync"
)

// Where one Simplified character stands for several Traditional ones, this says which is meant in business texts: the words
// first, then the character that is right where no word says otherwise.
var (
	traditionalWords = strings.NewReplacer("头发", "頭髮", "理发", "理髮", "美发", "美髮", "护发", "護髮", "洗发", "洗髮", "染发", "染髮", "皇后", "皇后", "面包", "麵包",
		"面条", "麵條", "面粉", "麵粉", "面食", "麵食", "拉面", "拉麵", "汤面", "湯麵", "泡面", "泡麵", "方便面", "方便麵", "牛肉面", "牛肉麵", "一只", "一隻", "两只", "兩隻",
		"联系", "聯繫", "能干", "能幹", "干部", "幹部", "实干", "實幹", "重复", "重複", "复杂", "複雜", "复制", "複製", "复印", "複印", "日历", "日曆", "农历", "農曆",
		"年历", "年曆", "系列", "系列", "系统", "系統", "体系", "體系", "公里", "公里", "里程", "里程", "冲击", "衝擊", "冲突", "衝突", "标准", "標準", "准备", "準備",
		"准时", "準時", "准确", "準確", "台风", "颱風", "柜台", "櫃檯", "饭团", "飯糰", "抽签", "抽籤", "标签", "標籤", "书签", "書籤", "特征", "特徵", "制造", "製造",
		"制作", "製作", "定制", "訂製", "订制", "訂製", "研制", "研製", "关注", "關注", "注册", "註冊", "注释", "註釋", "才能", "才能", "松紧", "鬆緊", "放松", "放鬆",
		"轻松", "輕鬆", "蓬松", "蓬鬆", "价钱", "價錢", "尽管", "儘管", "尽快", "儘快", "尽量", "儘量", "收获", "收穫", "赞助", "贊助", "特别", "特別", "谷物", "穀物",
		"五谷", "五穀", "游玩", "遊玩", "旅游", "旅遊", "游戏", "遊戲", "折扣", "折扣", "折叠", "摺疊", "奖品", "獎品", "回复", "回覆", "答复", "答覆", "周年", "週年",
		"每周", "每週", "本周", "本週", "下周", "下週", "上周", "上週", "周末", "週末", "一周", "一週")
	traditionalOwn = map[rune]rune{'并': '並', '个': '個', '尽': '盡', '净': '淨', '别': '別', '汇': '匯', '历': '歷', '参': '參', '启': '啟', '叹': '嘆', '尝': '嘗',
		'恶': '惡', '当': '當', '向': '向', '苏': '蘇', '团': '團', '采': '採', '坛': '壇', '墙': '牆', '奖': '獎', '宁': '寧', '岁': '歲', '弥': '彌', '录': '錄', '雕': '雕',
		'复': '復', '升': '升', '术': '術', '台': '台', '冲': '沖', '湿': '濕', '为': '為', '炼': '煉', '烟': '煙', '获': '獲', '产': '產', '画': '畫', '发': '發', '荡': '蕩',
		'众': '眾', '签': '簽', '绝': '絕', '绣': '繡', '绿': '綠', '线': '線', '绷': '繃', '纤': '纖', '脏': '髒', '馆': '館', '艳': '艷', '药': '藥', '蕴': '蘊', '胡': '胡',
		'里': '裡', '证': '證', '说': '說', '赞': '讚', '迹': '跡', '针': '針', '钥': '鑰', '钩': '鉤', '钟': '鐘', '钻': '鑽', '锐': '銳', '锈': '鏽', '锤': '錘', '镇': '鎮',
		'鉴': '鑑', '闲': '閒', '阅': '閱', '鸡': '雞', '须': '須', '颜': '顏', '饥': '飢', '面': '面', '曲': '曲', '么': '麼', '干': '乾', '系': '係', '卤': '滷', '只': '只',
		'杯': '杯', '准': '準', '松': '松', '谷': '谷', '游': '游', '折': '折', '泛': '泛', '凄': '淒', '溯': '溯', '拐': '拐', '秋': '秋', '范': '範', '志': '志', '朱': '朱',
		'丑': '丑', '几': '幾', '卷': '卷', '灶': '灶', '咸': '鹹', '姜': '薑', '丰': '豐', '舍': '舍', '据': '據', '仆': '僕', '伙': '夥', '借': '借', '凶': '凶', '占': '佔',
		'周': '周', '回': '回', '困': '困', '布': '布', '帘': '簾', '幸': '幸', '庄': '莊', '才': '才', '扎': '扎', '斗': '鬥', '注': '注', '玩': '玩', '皂': '皂', '致': '致', '表': '表', '钱': '錢'}
)

var traditional = sync.OnceValue(func() map[rune]rune {
	all := map[rune]rune{}
	from, to, _ := strings.Cut(strings.TrimSpace(simplifiedTable), "\n")
	below := []rune(to)
	for i, r := range []rune(from) {
		if _, twice := all[below[i]]; !twice {
			all[below[i]] = r
		}
	}
	for s, t := range traditionalOwn {
		all[s] = t
	}
	return all
})

// verbatim is what must not change a letter: addresses and codes.
var verbatim = regexp.MustCompile(`https?://\S+`)

// Traditional is a Simplified text in Traditional characters, for readers in Taiwan and Hong Kong.
func Traditional(s string) string {
	table := traditional()
	turn := func(part string) string {
		return strings.Map(func(r rune) rune {
			if t, ok := table[r]; ok {
				return t
			}
			return r
		}, traditionalWords.Replace(part))
	}
	var b strings.Builder
	end := 0
	for _, at := range verbatim.FindAllStringIndex(s, -1) {
		b.WriteString(turn(s[end:at[0]]))
		b.WriteString(s[at[0]:at[1]])
		end = at[1]
	}
	b.WriteString(turn(s[end:]))
	return b.String()
}

// The languages of what customers read.
const (
	Simplified    = "zh-CN"
	InTraditional = "zh-TW"
)

// LanguageField is the customer's own field that says which language it reads.
const LanguageField = "语言"

// LanguageOf is the language that was written into [LanguageField]; Simplified where it says nothing else.
func LanguageOf(said string) string {
	f := strings.ToLower(said)
	for _, word := range []string{"繁", "tw", "hk", "hant", "台湾", "臺灣", "台灣", "香港", "澳门", "澳門"} {
		if strings.Contains(f, word) {
			return InTraditional
		}
	}
	return Simplified
}
