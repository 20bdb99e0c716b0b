package crm_test

import (
	"testing"

	"gendan/crm"
)

func TestNamesAreCompared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, company, core, brand string }{
		{"上海云帆科技", "上海云帆科技", "云帆科技", "云帆"},
		{"上海云帆科技有限公司", "上海云帆科技", "云帆科技", "云帆"},
		{"云帆科技（上海）有限公司", "云帆科技上海", "云帆科技", "云帆"},
		{"上海市云帆网络科技股份有限公司", "上海市云帆网络科技", "云帆网络科技", "云帆"},
		{"宁波海天重工（集团）有限公司", "宁波海天重工集团", "海天重工", "海天"},
		{"雲帆科技", "云帆科技", "云帆科技", "云帆"},
		{"ＡＢＢ (China) Co., Ltd.", "abbchina", "abbchina", "abbchina"},
		{"上海电气", "上海电气", "上海电气", "上海"},
		{"江苏苏州锦程物流", "江苏苏州锦程物流", "锦程物流", "锦程"},
		{"7天酒店", "7天酒店", "7天酒店", "7天"},
		{"公司", "公司", "公司", "公司"},
		{"西门子", "西门子", "西门子", "西门子"},
		{"苏州海纳设备有限公司", "苏州海纳设备", "海纳设备", "海纳"},
	} {
		if got := crm.CompanyName(c.name); got != c.company {
			t.Errorf("CompanyName(%s) = %s, want %s", c.name, got, c.company)
		}
		if got := crm.CoreName(c.name); got != c.core {
			t.Errorf("CoreName(%s) = %s, want %s", c.name, got, c.core)
		}
		if got := crm.BrandName(c.name); got != c.brand {
			t.Errorf("BrandName(%s) = %s, want %s", c.name, got, c.brand)
		}
	}
}

func TestPeopleAndFirmsAreToldApart(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]bool{"王强": true, "夏侯轩": true, "欧阳娜娜": true, "张伟": true, "云帆科技": false, "西门子": false,
		"海底捞": false, "王府井百货": false, "7天酒店": false, "李": false, "Tom": false, "张科技": false} {
		if got := crm.LooksLikePerson(name); got != person {
			t.Errorf("LooksLikePerson(%s) = %v", name, got)
		}
	}
}

func TestPeopleAreAddressed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, said string
		fit        int
	}{
		{"王强", "王强", 3}, {"王强", "王总", 2}, {"王强", "老王", 2}, {"王强", "王经理", 2}, {"王强", "李总", 0}, {"王强", "王强总", 3}, {"夏侯轩", "夏侯总", 2},
		{"李雷", "雷", 0}, {"韩梅梅", "梅梅", 2}, {"韩梅梅", "韩美梅", 1}, {"王总", "王总", 3}, {"王强", "", 0}, {"李小雷", "小李", 2},
	} {
		if got := crm.PersonFits(c.name, c.said); got != c.fit {
			t.Errorf("PersonFits(%s, %s) = %d, want %d", c.name, c.said, got, c.fit)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		far  int
	}{{"云帆", "云帆", 0}, {"云帆", "云凡", 1}, {"云帆", "云帆科", 1}, {"云帆科技", "云技", 2}, {"甲乙丙丁", "戊己庚辛", 3}, {"", "甲", 1}} {
		if got := crm.Distance(c.a, c.b, 2); got != c.far {
			t.Errorf("Distance(%s, %s) = %d, want %d", c.a, c.b, got, c.far)
		}
	}
}
