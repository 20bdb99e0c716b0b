package namecard

import (
	"strings"
	"testing"
	"time"
)

var oneCard = strings.Split("上海云帆科技有限公司\n王强  销售总监\n手机：138 1234 5678\n电话：021-5888 1234\n传真：021-5888 1235\n邮箱：wangqiang@yunfan-tech.com\n地址：上海市浦东新区张江路88号6幢1201室\n网址：www.yunfan-tech.com", "\n")

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		Read(oneCard)
	}
}

// TestAHostileCardTakesNotLong: nothing in a picture makes the reader think for long.
func TestAHostileCardTakesNotLong(t *testing.T) {
	for _, line := range []string{"手机:1 ", "a@a.", "m: 123456 ", ";;(("} {
		lines := make([]string, 500)
		for i := range lines {
			lines[i] = strings.Repeat(line, 400)
		}
		at := time.Now()
		Read(lines)
		if took := time.Since(at); took > 20*time.Second {
			t.Errorf("%q takes %s", line, took)
		}
	}
}
