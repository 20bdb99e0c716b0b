package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

func firms(all ...string) *names {
	var rows []store.KnownName
	for i, n := range all {
		rows = append(rows, store.KnownName{ID: int64(i + 1001), Name: n, Kind: store.KnownFirm})
	}
	rows = append(rows, store.KnownName{Name: "智能网关", Kind: store.KnownProduct})
	return newNames(rows, time.Now())
}

func TestNamesInText(t *testing.T) {
	t.Parallel()
	n := firms("上海云帆科技有限公司", "北京蓝天软件", "云帆网络")
	for text, want := range map[string][]string{
		"云帆科技推进到报价":      {"云帆科技", "云帆"},
		"上海云帆科技和蓝天软件都转走": {"上海云帆科技", "云帆科技", "蓝天软件", "云帆", "蓝天"},
		"雲帆網絡的合同":        {"云帆网络", "云帆"},
		"智能网关":           nil,
		"写周报":            nil,
	} {
		got := n.in(text)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestNamesBySound(t *testing.T) {
	t.Parallel()
	n := firms("上海云帆科技", "杭州西溪电子", "北京运凡物流")
	for said, want := range map[string]int{"韵帆科技": 1, "稀溪": 1, "韵番": 2, "云帆": 1, "西溪电子": 0, "王强": 0} {
		if got := n.sounding(said, false); len(got) != want {
			t.Errorf("%s sounds like %d customers, want %d", said, len(got), want)
		}
	}
	if got := n.sounding("职能网关", true); len(got) != 1 || got[0].name != "智能网关" {
		t.Errorf("product: %v", got)
	}
	if h, ok := n.heardIn("提醒我给稀溪电子打电话"); !ok || h.said != "稀溪电子" || h.record.name != "杭州西溪电子" {
		t.Errorf("heard %+v %v", h, ok)
	}
	if h, ok := n.heardIn("提醒我给西溪电子打电话"); ok {
		t.Errorf("what is spelled right is not misheard: %+v", h)
	}
}

// BenchmarkNames looks for 2,000 customers' names in a message.
func BenchmarkNames(b *testing.B) {
	var rows []store.KnownName
	for i := range mostNames {
		rows = append(rows, store.KnownName{ID: int64(i + 1), Name: fmt.Sprintf("上海%c%c%c科技有限公司", '一'+rune(i*7%5000), '丁'+rune(i*13%5000), '七'+rune(i*17%5000)), Kind: store.KnownFirm})
	}
	n := newNames(rows, time.Now())
	b.ResetTimer()
	for b.Loop() {
		n.in("云帆科技推进到报价,38万,明天下午3点提醒我打电话给王强，顺便把方案发给他们的采购")
	}
}

// A brand may begin like a second place: 玉林 is a city.
func TestBrandThatBeginsLikeAPlace(t *testing.T) {
	t.Parallel()
	if n := firms("杭州玉林帆科技有限公司"); !n.holds("玉林帆科技") || !n.holds("杭州玉林帆科技") {
		t.Error("玉林帆科技 is not known")
	}
}

// The people of a service desk share what they know: nobody's names push another's off the shelf.
func TestAServiceDeskSharesItsNames(t *testing.T) {
	t.Parallel()
	agent := func(id crm.UserID) crm.Actor { return crm.Actor{UserID: id, Role: crm.Service, Scope: crm.ScopeAll} }
	if shelfOf(agent(7)) != shelfOf(agent(8)) {
		t.Error("two agents have shelves of their own")
	}
	for _, a := range []crm.Actor{{UserID: 7, Role: crm.Rep, Scope: crm.ScopeOwn}, {UserID: 7, Role: crm.Manager, Scope: crm.ScopeAll}, {UserID: 7, Role: crm.Service, Scope: crm.ScopeTeam}} {
		if shelfOf(a) != 7 {
			t.Errorf("%s of scope %s shares", a.Role, a.Scope)
		}
	}
}
