package action_test

import (
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// ownWord lets a customer say 退订, or the opposite, at the customers' door.
func (h *house) ownWord(id crm.CustomerID, again bool) {
	h.t.Helper()
	h.key++
	if _, err := h.x.Run(h.t.Context(), action.Request{Actor: crm.System, Key: "own" + string(rune('a'+h.key%26)), Now: h.now,
		Calls: []action.Call{call("consent.said", params{"customer": id, "via": "kf", "again": again})}}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) stopped(id crm.CustomerID) bool {
	h.t.Helper()
	return h.count(`SELECT count(*) FROM consents WHERE customer_id = $1 AND purpose = 'marketing' AND channel = '*' AND NOT allowed`, int64(id)) == 1
}

// TestAColleagueCannotTakeOverARefusal: saying once more what a customer has refused does not make it the colleague's word,
// which the colleague could take back.
func TestAColleagueCannotTakeOverARefusal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "")
	h.ownWord(id, false)
	h.must("李雷", call("offer.stop", params{"customer": "王强"}))
	h.refused("李雷", crm.ErrDenied, []string{"客户自己"}, call("offer.resume", params{"customer": "王强"}))
	h.must("李雷", call("consent.set", params{"customer": "王强", "allowed": false}))
	h.refused("李雷", crm.ErrDenied, []string{"客户自己"}, call("consent.set", params{"customer": "王强"}))
	if !h.stopped(id) {
		t.Error("the refusal is gone")
	}
	h.ownWord(id, true)
	if h.stopped(id) {
		t.Error("the customer's own yes counts")
	}
}

// TestMergeKeepsRefusals: a merge hands a customer's own refusal on as theirs, and taking the merge back forgets none that was
// said since.
func TestMergeKeepsRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.customerOf("李雷", "云帆科技上海", ""), h.customerOf("李雷", "云帆科技", "")
	h.must("李雷", call("consent.set", params{"customer": "云帆科技"}))
	h.ownWord(from, false)
	h.now = h.now.Add(1e9)
	merge := func() string {
		h.t.Helper()
		return h.must("李雷", call("customer.merge", params{"customer": "云帆科技上海", "into": "云帆科技"})).UndoCode
	}
	code := merge()
	h.refused("李雷", crm.ErrDenied, []string{"客户自己"}, call("consent.set", params{"customer": "云帆科技"}))
	h.must("李雷", call("undo", params{"code": code}))
	if h.stopped(into) || !h.stopped(from) {
		t.Error("each has their own word again", h.stopped(into), h.stopped(from))
	}
	h.now = h.now.Add(1e9)
	code = merge()
	h.now = h.now.Add(1e9)
	h.ownWord(into, false)
	h.now = h.now.Add(1e9)
	h.must("李雷", call("undo", params{"code": code}))
	if !h.stopped(into) || !h.stopped(from) {
		t.Error("a refusal was forgotten", h.stopped(into), h.stopped(from))
	}
}

// TestMergeMovesNoRefusalAway: a refusal that stands in a row which the merge has moved stays with both when it is taken back.
func TestMergeMovesNoRefusalAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.customerOf("李雷", "云帆科技上海", ""), h.customerOf("李雷", "云帆科技", "")
	h.must("李雷", call("consent.set", params{"customer": "云帆科技上海"}))
	h.now = h.now.Add(1e9)
	code := h.must("李雷", call("customer.merge", params{"customer": "云帆科技上海", "into": "云帆科技"})).UndoCode
	h.now = h.now.Add(1e9)
	h.ownWord(into, false)
	h.now = h.now.Add(1e9)
	h.must("李雷", call("undo", params{"code": code}))
	if !h.stopped(into) || !h.stopped(from) {
		t.Error("a refusal went away with its row", h.stopped(into), h.stopped(from))
	}
}
