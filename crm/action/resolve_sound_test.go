package action

import "testing"

func TestSoundsOtherwise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		said, name string
		other      bool
	}{
		{"运帆", "上海云帆科技", false},
		{"运帆科技", "上海云帆科技", false},
		{"云帆网络", "上海云帆科技", true},
		{"云帆网络", "北京云帆网络有限公司", false},
	} {
		if got := soundsOtherwise(c.said, c.name); got != c.other {
			t.Errorf("%s, %s: %v", c.said, c.name, got)
		}
	}
}

func TestSoundsSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"上海运帆科技", "上海云帆科技有限公司", true},
		{"北京运凡物流", "上海云帆科技", false},
		{"Acme", "上海云帆科技", false},
		{"客户丙寅28", "客户丙寅9", false},
	} {
		if got := soundsSame(c.a, c.b); got != c.same {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}
