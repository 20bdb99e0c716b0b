package crm

import (
	"testing"
	"time"
)

func TestFreeStretches(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, Shanghai)
	at := func(hour float64) time.Time { return day.Add(time.Duration(hour * float64(time.Hour))) }
	work := []Stretch{{at(9), at(12)}, {at(13), at(18)}}
	for name, c := range map[string]struct {
		busy  []Stretch
		least time.Duration
		from  time.Time
		want  string
	}{
		"a free day":                           {nil, time.Hour, day, "09:00-12:00、13:00-18:00"},
		"one at two":                           {[]Stretch{{at(14), at(16)}}, time.Hour, day, "09:00-12:00、13:00-14:00、16:00-18:00"},
		"what is left is too short":            {[]Stretch{{at(9.5), at(11.5)}, {at(14), at(16)}}, 90 * time.Minute, day, "16:00-18:00"},
		"in any order, and overlapping":        {[]Stretch{{at(15), at(17)}, {at(14), at(16)}}, time.Hour, day, "09:00-12:00、13:00-14:00、17:00-18:00"},
		"over the break":                       {[]Stretch{{at(11), at(14)}}, time.Hour, day, "09:00-11:00、14:00-18:00"},
		"the whole day":                        {[]Stretch{{at(0), at(24)}}, time.Minute, day, ""},
		"the day has begun":                    {nil, time.Hour, at(10.5), "10:30-12:00、13:00-18:00"},
		"begun, and what is left is too short": {nil, 2 * time.Hour, at(10.5), "13:00-18:00"},
	} {
		if got := SayStretches(FreeStretches(work, c.busy, c.least, c.from), Shanghai); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if !Within(Stretch{at(13), at(18)}, work) || Within(Stretch{at(11), at(13.5)}, work) {
		t.Error("a stretch is within working time or over the break")
	}
	if (Stretch{at(9), at(10)}).Meets(Stretch{at(10), at(11)}) || !(Stretch{at(9), at(10)}).Meets(Stretch{at(9.5), at(9.6)}) {
		t.Error("one that begins as the other ends does not meet it")
	}
}

func TestSerialNumbersHaveOneForm(t *testing.T) {
	t.Parallel()
	for _, same := range []string{"kx-2026/0318", "KX20260318", "Kx.2026-0318", "ＫＸ２０２６０３１８"} {
		if key := SerialKey(same); key != "KX20260318" {
			t.Errorf("%s: %s", same, key)
		}
	}
	for text, want := range map[string]int{"打印机SN88123卡纸,电话13812345678": 1, "SN88123 和 SN-88124": 2, "没有序列号": 0, "shanghai": 0} {
		if keys := SerialKeys(text); len(keys) != want {
			t.Errorf("%s: %v", text, keys)
		}
	}
}

func TestWarrantyInWords(t *testing.T) {
	t.Parallel()
	products := []Product{{Warranty: 12, Life: 60}, {Name: "空压机", Words: []string{"压缩机"}, Warranty: 24, Life: 120}, {Name: "滤芯", Life: 6}}
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, Shanghai)
	for name, c := range map[string]struct {
		d              Device
		warranty, life string
	}{
		"the longest name that fits":          {Device{Product: "螺杆压缩机", Installed: "2024-11-19"}, "在保，今天是最后一天", ""},
		"no line of its own":                  {Device{Product: "饮水机", Bought: "2025-12-18"}, "在保，还有 29 天（到 2026-12-17）", ""},
		"installed counts, not bought":        {Device{Product: "空压机", Bought: "2020-01-01", Installed: "2026-01-31"}, "在保，还有 1 年 2 个月（到 2028-01-30）", ""},
		"over":                                {Device{Product: "打印机", Installed: "2025-01-01"}, "过保 10 个月（2025-12-31 到期）", ""},
		"none, and worn out":                  {Device{Product: "滤芯", Installed: "2026-05-18"}, "没有保修信息", "已到使用年限，建议更换"},
		"none, and soon worn out":             {Device{Product: "滤芯", Installed: "2026-08-18"}, "没有保修信息", "使用年限还剩 3 个月"},
		"an end that is said stays":           {Device{Product: "打印机", Installed: "2025-01-01", Warranty: "2027-11-18"}, "在保，还有 1 年（到 2027-11-18）", ""},
		"nobody knows since when it is there": {Device{Product: "打印机"}, "没有保修信息", ""},
	} {
		d := c.d.Dated(ProductOf(products, c.d.Product))
		if w, l := d.SayWarranty(now), d.SayLife(now); w != c.warranty || l != c.life {
			t.Errorf("%s: %q %q, want %q %q", name, w, l, c.warranty, c.life)
		}
	}
}
