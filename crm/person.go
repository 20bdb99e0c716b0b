package crm

import "strings"

// compoundSurnames have two characters.
const compoundSurnames = "欧阳 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 司徒 东方 南宫 端木 百里 呼延 轩辕 独孤 宇文 长孙 司空 闻人 申屠 澹台 拓跋 万俟"

// commonSurnames are the usual ones of one character.
const commonSurnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂"

// rareSurnames begin the names of firms more often than of people.
const rareSurnames = "全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"

// Surname is the surname that a folded name begins with; "" when it begins with none.
func Surname(name string) string {
	runes := []rune(name)
	if len(runes) >= 2 && strings.Contains(" "+compoundSurnames+" ", " "+string(runes[:2])+" ") {
		return string(runes[:2])
	}
	if len(runes) >= 1 && strings.ContainsRune(commonSurnames+rareSurnames, runes[0]) {
		return string(runes[:1])
	}
	return ""
}

// addresses are what people put behind a surname instead of the given name.
var addresses = []string{
	"董事长", "总经理", "总监", "经理", "主任", "部长", "处长", "科长", "院长", "校长", "老师", "教授", "律师", "医生", "先生", "女士", "小姐",
	"老板", "老总", "师傅", "厂长", "店长", "行长", "董", "总", "工", "哥", "姐", "叔", "姨", "局", "处", "科", "少", "导", "队",
}

// FormOfAddress takes 「王总」, 「老赵」 or 「李经理」 apart: the surname, and ok when the name is a surname
// with a form of address and no given name.
func FormOfAddress(name string) (surname string, ok bool) {
	folded := Fold(name)
	for _, before := range []string{"老", "小", "阿", "大"} {
		rest, found := strings.CutPrefix(folded, before)
		if found && rest != "" && Surname(rest) == rest {
			return rest, true
		}
	}
	for _, after := range addresses {
		rest, found := strings.CutSuffix(folded, after)
		if found && rest != "" && Surname(rest) == rest {
			return rest, true
		}
	}
	return "", false
}

// PersonFits tells how well a person's name answers to what was said: 3 the same, 2 a form of address
// with that surname or a part of the name, 1 one character off, 0 not at all.
func PersonFits(name, said string) int {
	n, s := Fold(name), Fold(said)
	if n == "" || s == "" {
		return 0
	}
	if n == s {
		return 3
	}
	if surname, ok := FormOfAddress(said); ok {
		if Surname(n) == surname {
			return 2
		}
		return 0
	}
	for _, after := range addresses { // 王强总, 王强经理
		if rest, ok := strings.CutSuffix(s, after); ok && rest == n {
			return 3
		}
	}
	if runeCount(s) >= 2 && strings.Contains(n, s) || runeCount(n) >= 2 && strings.Contains(s, n) {
		return 2
	}
	if runeCount(s) >= 3 && Distance(n, s, 1) == 1 {
		return 1
	}
	return 0
}
