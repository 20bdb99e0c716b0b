package crm

import "testing"

func TestTraditional(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"亲爱的王女士，感谢您的关注，送您一张8折优惠券": "親愛的王女士，感謝您的關注，送您一張8折優惠券",
		"头发护理后，联系我们发货":            "頭髮護理後，聯繫我們發貨",
		"面包和牛肉面周年特惠，里面请":          "麵包和牛肉麵週年特惠，裡面請",
		"点这里：https://x.cn/发/后 领取": "點這裡：https://x.cn/发/后 領取",
		"台湾台风天，几个客户的标准":           "台灣颱風天，幾個客戶的標準",
		"親愛的，已經是繁體":               "親愛的，已經是繁體",
		"":                        "",
	} {
		if got := Traditional(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for said, want := range map[string]string{"": Simplified, "简体": Simplified, "繁体": InTraditional, "zh-TW": InTraditional, "台湾": InTraditional, "English": Simplified} {
		if got := LanguageOf(said); got != want {
			t.Errorf("%q is %s", said, got)
		}
	}
}
