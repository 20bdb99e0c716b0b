package bot

import "testing"

func TestADataSheetIsNoPrice(t *testing.T) {
	for _, c := range []struct {
		question, answer string
		without          bool
	}{
		{"扫码枪多少钱", "扫码枪支持一维码和二维码，300 万像素，保修 1 年。", true},
		{"这个怎么卖", "每分钟 40 页，双面打印。", true},
		{"扫码枪多少钱", "标准版 380 元，工业版 1,200 元。", false},
		{"上门安装什么价", "市区免费，郊区请同事报价。", false},
		{"价格能便宜吗", "十台以上打九折。", false},
		{"扫码枪保修多久", "保修 1 年。", false},
	} {
		if got := withoutPrice(c.question, c.answer); got != c.without {
			t.Errorf("%s %s: %t", c.question, c.answer, got)
		}
	}
}
