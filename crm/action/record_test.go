package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// forward makes a draft of somebody's and answers its number.
func (h *house) forward(who string, texts ...string) (id int64) {
	h.t.Helper()
	d := crm.RecordDraft{Record: crm.ChatRecord{Format: "paste"}}
	for i, text := range texts {
		d.Record.Lines = append(d.Record.Lines, crm.RecordLine{N: i + 1, Sender: "王强", Kind: "text", Text: text})
	}
	err := h.store.As(h.t.Context(), h.who[who], func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.PutDraft(ctx, d)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// dataOf reads what a run has found.
func dataOf(t *testing.T, out action.Outcome, v any) {
	t.Helper()
	if err := json.Unmarshal(out.Results[0].Data, v); err != nil {
		t.Fatal(err)
	}
}

func (h *house) records() (n int) {
	h.t.Helper()
	if err := h.owner.QueryRow(`SELECT count(*) FROM activities WHERE type = 'record' AND deleted_at IS NULL`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

var talk = []string{"你们的打标机怎么卖", "三十八万一台含安装", "有点贵我再问问别家"}

// TestOneRecordHoweverManyKeepIt: two people who forward the same conversation at the same moment make one record; whoever
// comes second is told whose it is. What is longer adds its own lines, and undo takes only those back.
func TestOneRecordHoweverManyKeepIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	keep := func(who string, draft int64) action.Request {
		return h.request(who, call("record.keep", params{"customer": "上海云帆科技", "draft": draft}))
	}
	one, other := keep("李雷", h.forward("李雷", talk...)), keep("周主管", h.forward("周主管", talk...))
	var again int
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, req := range []action.Request{one, other} {
		group.Go(func() {
			out, err := h.x.Run(context.Background(), req)
			if err != nil || len(out.Results) == 0 {
				t.Errorf("%s: %+v %v", req.Actor.Name, out, err)
				return
			}
			if kept, _ := out.Results[0].RecordChanges(); kept.Again {
				mu.Lock()
				again++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if h.records() != 1 || again != 1 {
		t.Fatalf("%d records, %d told that it was there", h.records(), again)
	}
	out := h.must("李雷", call("record.keep", params{"customer": "上海云帆科技", "draft": h.forward("李雷", append(talk, "问过了，就定你们家")...)}))
	kept, _ := out.Results[0].RecordChanges()
	if kept.Again || kept.Lines != 1 || h.records() != 2 {
		t.Errorf("a longer piece: %+v, %d records", kept, h.records())
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if h.records() != 1 {
		t.Errorf("%d records after undo", h.records())
	}
	if out = h.must("李雷", call("record.keep", params{"customer": "上海云帆科技", "draft": h.forward("李雷", append(talk, "问过了，就定你们家")...)})); h.records() != 2 {
		t.Errorf("what was taken back cannot be kept again: %+v", out.Results)
	}
}

// TestARecordIsKeptAsRightsAllow: service keeps records of customers it may read and changes nothing else; nobody keeps one
// for a customer they do not see, and its owner hears of it by an offer only.
func TestARecordIsKeptAsRightsAllow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	out := h.must("孙客服", call("record.keep", params{"customer": "上海云帆科技", "draft": h.forward("孙客服", talk...)}))
	if out.Results[0].Owner != "李雷" {
		t.Errorf("the owner is %q", out.Results[0].Owner)
	}
	draft := h.forward("韩梅梅", "另外一段完全不同的对话", "里面说的是别的事情")
	h.refused("韩梅梅", crm.ErrDenied, []string{"李雷负责"}, call("record.keep", params{"customer": "上海云帆科技", "draft": draft}))
	if got := h.must("韩梅梅", call("record.offer", params{"customer": "上海云帆科技", "draft": draft})).Results[0].Owner; got != "李雷" {
		t.Errorf("offered to %q", got)
	}
	h.refused("韩梅梅", crm.ErrNotFound, nil, call("record.keep", params{"customer": "上海云帆科技", "draft": 1}))
	_, err := h.do("韩梅梅", call("record.find", params{"query": "打标机"}))
	if err != nil {
		t.Error(err)
	}
	out, err = h.do("韩梅梅", call("record.view", params{"record": out.Results[0].Record.ID}))
	var no *crm.Refusal
	if !errors.As(err, &no) || strings.Contains(no.Sentence, "云帆") {
		t.Errorf("another's record: %+v %v", out, err)
	}
}

// TestRecordsAreFound by words, of one customer or of all, and by their lines a page at a time.
func TestRecordsAreFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	long := append([]string{}, talk...)
	for i := range 30 {
		long = append(long, "后面还有很多话要说第"+string(rune('一'+i))+"句")
	}
	id := h.must("李雷", call("record.keep", params{"customer": "上海云帆科技", "draft": h.forward("李雷", long...)})).Results[0].Record.ID
	for query, want := range map[string]int{"打标机": 1, "贵 别家": 1, "切割机": 0} {
		var found action.RecordsFound
		dataOf(t, h.must("李雷", call("record.find", params{"query": query})), &found)
		if found.Total != want {
			t.Errorf("%q finds %d", query, found.Total)
		}
	}
	req := h.request("李雷", call("record.view", params{"record": id}))
	req.Page = 1
	out, err := h.run(req)
	if err != nil {
		t.Fatal(err)
	}
	var lines action.RecordLines
	dataOf(t, out, &lines)
	if lines.Total != 33 || lines.Left != 3 || len(lines.Rows) != 15 || lines.Rows[0].N != 16 {
		t.Errorf("the second page: %d of %d, %d left", len(lines.Rows), lines.Total, lines.Left)
	}
}
