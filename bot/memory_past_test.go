package bot

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"gendan/bot/chat"
	"gendan/crm/action"
)

// TestEarlierReceipts remembers eight runs before the last, finds each by any of its codes, and costs little while nobody asks.
func TestEarlierReceipts(t *testing.T) {
	at := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	m := &memory{Minds: map[chat.PeerID]*mind{}}
	run := func(i int) *receipt {
		return &receipt{
			Undo: fmt.Sprintf("AB%02d", i), Card: fmt.Sprintf("r-%d", i), At: at, Older: []string{fmt.Sprintf("OL%02d", i)}, Before: action.Focus{Customer: yunfan.Customer},
			Calls: []action.Call{{Name: "activity.log", Params: mustJSON(map[string]any{"content": "第一行\n第二行", "customer": "云帆科技"})}},
		}
	}
	again := func() *mind { // as the next turn finds it
		state, err := m.state()
		if err != nil {
			t.Fatal(err)
		}
		m = &memory{}
		if err := json.Unmarshal(state, m); err != nil {
			t.Fatal(err)
		}
		return m.of("wecom:lilei", at)
	}
	d := m.of("wecom:lilei", at)
	for i := range mostPast + 3 {
		d.past()
		d.Last = run(i)
		d = again()
	}
	if n := len(d.earlier()); n != mostPast {
		t.Fatalf("%d receipts are remembered, not %d", n, mostPast)
	}
	state, err := m.state()
	if err != nil || len(state) > 1600 {
		t.Errorf("%d bytes of memory, %v", len(state), err)
	}
	if d.again("AB01"); d.Last.Undo != "AB10" {
		t.Error("a run of long ago came back:", d.Last.Undo)
	}
	d.again("")
	d.again("ZZZZ")
	if d.again("OL04"); d.Last.Undo != "AB04" || string(d.Last.Calls[0].Params) != string(run(4).Calls[0].Params) || d.Last.Before.Customer.Name != yunfan.Customer.Name {
		t.Errorf("%+v", d.Last)
	}
	if d = again(); len(d.earlier()) != mostPast-1 {
		t.Error("what came back is remembered twice")
	}
	d.Earlier = earlier("no such thing")
	if d.again("AB05"); d.Last.Undo != "AB04" || len(d.earlier()) != 0 {
		t.Error("what cannot be read is forgotten")
	}
}

// TestEarlierReceiptsOfBefore reads what an older version had written down.
func TestEarlierReceiptsOfBefore(t *testing.T) {
	m := &memory{}
	if err := json.Unmarshal([]byte(`{"minds":{"wecom:lilei":{"at":"2026-11-18T02:00:00Z","past":[{"undo":"AAAA","at":"2026-11-18T01:00:00Z"},{"undo":"BBBB","at":"2026-11-18T01:30:00Z"}],"last":{"undo":"CCCC","at":"2026-11-18T02:00:00Z"}}}}`), m); err != nil {
		t.Fatal(err)
	}
	d := m.of("wecom:lilei", time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC))
	d.past()
	if d.again("AAAA"); d.Last.Undo != "AAAA" || len(d.earlier()) != 2 || d.Past != nil {
		t.Errorf("%+v, %d earlier ones", d.Last, len(d.earlier()))
	}
}
