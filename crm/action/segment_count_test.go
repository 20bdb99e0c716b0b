package action_test

import (
	"fmt"
	"testing"
	"time"

	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
)

// TestSegmentsOfManyAreCountedAside: in a chat nothing goes through all customers once they are many; whoever comes by another door waits.
func TestSegmentsOfManyAreCountedAside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.x = action.New(h.store, action.Config{Many: 2, Points: templates.MustPoints(templates.Default())})
	for i := range 2 {
		h.must("李雷", call("customer.create", params{"customer": fmt.Sprintf("阿%d茶铺", i)}))
	}
	save := func() action.SegmentView {
		return data[action.SegmentView](t, h.must("李雷", call("segment.save", params{"name": "全部", "filter": params{"max_orders": 0}})))
	}
	if v := save(); v.Counting || v.Total != 2 {
		t.Errorf("two of at most two are counted at once: %+v", v)
	}
	h.must("李雷", call("customer.create", params{"customer": "阿3茶铺"}))
	if v := data[action.SegmentView](t, h.must("李雷", call("segment.save", params{"name": "都", "filter": params{"max_orders": 0}}))); !v.Counting || v.ID == 0 {
		t.Errorf("%+v", v)
	}
	var id int64
	if err := h.owner.QueryRow(`SELECT subject FROM outbox WHERE kind = $1`, action.KindSegment).Scan(&id); err != nil || h.count(`SELECT count(*) FROM outbox WHERE kind = $1`, action.KindSegment) != 1 {
		t.Fatal(err)
	}
	h.refused("李雷", nil, []string{"「都」正在数", "数好告诉你"}, call("customer.search", params{"filter": params{"segment": "都"}}))
	list := data[action.SegmentListView](t, h.must("钱总", call("segment.list", params{})))
	if len(list.Rows) != 2 || !list.Rows[0].Counting || list.Rows[0].Name != "都" {
		t.Errorf("%+v", list)
	}
	for range 2 { // as after a death between count and word
		v, err := h.x.CountSegment(t.Context(), id, h.who["李雷"], h.now)
		if err != nil || v.Total != 3 || v.Name != "都" {
			t.Errorf("%+v %v", v, err)
		}
	}
	if v := data[action.SegmentView](t, h.must("李雷", call("segment.view", params{"segment": "都"}))); v.Total != 3 || v.Counting {
		t.Errorf("what is kept is there at once: %+v", v)
	}
	req := h.request("李雷", call("segment.view", params{"segment": "全部"}))
	req.Via, req.Conversation = "api", ""
	h.now = h.now.AddDate(0, 0, 3) // nobody has looked for three days
	req.Now = h.now
	out, err := h.run(req)
	if err != nil || data[action.SegmentView](t, out).Total != 3 {
		t.Errorf("%+v %v", out, err)
	}
}

// TestSegmentsAreCountedOnTheReplica while it is fresh, and on the primary when it is behind, or when what it keeps of a segment is old.
// The replica of the test is another database, so that its answers can be told from the primary's.
func TestSegmentsAreCountedOnTheReplica(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	replica := storetest.Database(t)
	far := storetest.Owner(t, storetest.Open(t, replica))
	seen := func(ago string) { // what was asked of a replica's age holds for a second, so each time is a process of its own
		t.Helper()
		if _, err := far.Exec(`WITH gone AS (DELETE FROM processes) INSERT INTO processes (seen_at) VALUES (now() - $1::interval)`, ago); err != nil {
			t.Fatal(err)
		}
		h.x = action.New(storetest.Open(t, storetest.URL(h.store), storetest.WithClock(func() time.Time { return h.now }), func(c *store.Config) { c.ReplicaURL = replica }), action.Config{})
	}
	save := func(name string) int {
		t.Helper()
		return data[action.SegmentView](t, h.must("李雷", call("segment.save", params{"name": name, "filter": params{"max_orders": 0}}))).Total
	}
	view := func() int {
		t.Helper()
		return data[action.SegmentView](t, h.must("钱总", call("segment.view", params{"segment": "新的"}))).Total
	}
	h.must("李雷", call("customer.create", params{"customer": "云帆茶铺"}))
	seen("1 second")
	if n := save("新的"); n != 0 {
		t.Errorf("%d: counted on the primary", n)
	}
	if n := view(); n != 1 {
		t.Errorf("%d: the replica has no such segment", n)
	}
	var id int64
	var filter, looked string
	if err := h.owner.QueryRow(`SELECT s.id, s.filter, l.filter FROM segments s JOIN segment_looks l ON l.segment_id = s.id`).Scan(&id, &filter, &looked); err != nil {
		t.Fatal(err)
	}
	if _, err := far.Exec(`BEGIN; SET LOCAL session_replication_role = replica;
		INSERT INTO segments (id, name, name_key, filter, owner_id) VALUES (` + fmt.Sprint(id) + `, '新的', '新的', '` + filter + `', 1);
		INSERT INTO segment_looks (segment_id, filter, mark, at, total) VALUES (` + fmt.Sprint(id) + `, '` + looked + `', '1', '` + h.now.Format(time.RFC3339) + `', 7); COMMIT`); err != nil {
		t.Fatal(err)
	}
	if n := view(); n != 7 {
		t.Errorf("%d: what the replica keeps is of just now", n)
	}
	h.now = h.now.Add(31 * time.Second)
	if n := view(); n != 1 {
		t.Errorf("%d: what the replica keeps is old", n)
	}
	h.now = h.now.Add(-31 * time.Second)
	seen("31 seconds")
	if n, kept := save("后来的"), view(); n != 1 || kept != 1 {
		t.Errorf("%d %d: from a replica that is behind", n, kept)
	}
}
