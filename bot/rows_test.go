package bot

import (
	"fmt"
	"testing"

	"gendan/crm"
)

// TestRowsSaid: rows of the last list, however they are named, and what is to be done about them.
func TestRowsSaid(t *testing.T) {
	t.Parallel()
	all := []crm.Ref{{ID: 1}, {ID: 2}, {ID: 3}}
	for _, c := range []struct {
		text, rest string
		rows       string // ids; "" when none are named
	}{
		{"都完成", "完成", "[1 2 3]"},
		{"全部完成了", "完成了", "[1 2 3]"},
		{"这些都做完了", "做完了", "[1 2 3]"},
		{"把上面的全部搞定", "", ""}, // 上面的 what
		{"这三个都推迟到明天10点", "推迟到明天10点", "[1 2 3]"},
		{"这两个取消", "", ""},
		{"第二个推进到报价", "推进到报价", "[2]"},
		{"把第一个和第三个转给韩梅梅", "转给韩梅梅", "[1 3]"},
		{"1和3完成", "完成", "[1 3]"},
		{"1、2推迟到后天", "推迟到后天", "[1 2]"},
		{"前两个打标签VIP", "打标签VIP", "[1 2]"},
		{"最后一个取消", "取消", "[3]"},
		{"2 推进到报价", "推进到报价", "[2]"},
		{"2推进到报价", "推进到报价", "[2]"},
		{"把1转给韩梅梅", "转给韩梅梅", "[1]"},
		{"3.改成15万", "改成15万", "[3]"},
		{"4推进到报价", "", ""},
		{"2台打印机", "", ""},
		{"第四个完成", "", ""},
		{"38万", "", ""},
		{"云帆都完成了", "", ""},
	} {
		turn := &turn{mind: &mind{List: all}}
		rows, rest, ok := turn.selected(c.text)
		got := ""
		if ok {
			var ids []int64
			for _, r := range rows {
				ids = append(ids, r.ID)
			}
			got = fmt.Sprint(ids)
		}
		if got != c.rows || ok && rest != c.rest {
			t.Errorf("%s: rows %q rest %q", c.text, got, rest)
		}
	}
}
