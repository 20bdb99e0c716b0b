package action_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
)

// learned is what was learned of an article, of what it answers and of what it does not.
func (h *house) learned(id crm.ArticleID) (ways, not []string) {
	h.t.Helper()
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.ArticleByID(ctx, id)
		ways, not = a.Learned, a.Not
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return ways, not
}

func TestWordingsAreLearnedAndTakenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := articleOf(t, h.must("孙客服", call("article.create", params{"question": "怎么开发票", "answer": "付款后找销售开", "similar": []string{"能开票吗"}})))
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	revision := func() int64 {
		n, err := h.store.ArticleRevision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	was := revision()
	ticket := h.must("孙客服", call("ticket.create", params{"customer": "云帆科技", "content": "票子啥时候能给"})).Results[0].Record.ID
	out := h.must("孙客服", call("ticket.reply", params{"ticket": ticket, "article": a.ID}))
	if len(out.Results[0].Notes) == 0 || !strings.Contains(out.Results[0].Notes[0], "票子啥时候能给") {
		t.Errorf("the colleague is not told: %q", out.Results[0].Notes)
	}
	if ways, _ := h.learned(a.ID); !slices.Equal(ways, []string{"票子啥时候能给"}) {
		t.Errorf("learned %q", ways)
	}
	if revision() <= was {
		t.Error("no index will know of it")
	}
	for _, q := range []string{"票子啥时候能给？", "能开票吗", "怎么开发票?"} { // all known
		h.must("孙客服", call("article.learn", params{"article": a.ID, "question": q, "source": "tap"}))
	}
	for _, q := range []string{"我姓张，票呢", "订单 20260918001 的票", "云帆科技的票开了吗", strings.Repeat("很长", 60)} {
		h.must("孙客服", call("article.learn", params{"article": a.ID, "question": q, "source": "tap", "ticket": ticket}))
		if _, err := h.do("孙客服", call("article.learn", params{"article": a.ID, "question": q, "ticket": ticket})); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%q, when a colleague says so: %v", q, err)
		}
	}
	if ways, _ := h.learned(a.ID); len(ways) != 1 {
		t.Errorf("learned too much: %q", ways)
	}
	h.must("孙客服", call("article.unlearn", params{"article": a.ID, "question": "票子啥时候能给", "source": "unsolved"}))
	h.must("孙客服", call("article.unlearn", params{"article": a.ID, "question": "能开票吗", "source": "unsolved"})) // written by a colleague: it stays
	ways, not := h.learned(a.ID)
	if len(ways) != 0 || !slices.Equal(not, []string{"票子啥时候能给"}) {
		t.Errorf("after 没解决: %q, not %q", ways, not)
	}
	h.must("孙客服", call("article.learn", params{"article": a.ID, "question": "票子啥时候能给", "source": "reply"})) // a colleague knows better
	if ways, not = h.learned(a.ID); len(ways) != 1 || len(not) != 0 {
		t.Errorf("learned again: %q, not %q", ways, not)
	}
	if v := articleOf(t, h.must("孙客服", call("article.unlearn", params{"article": a.ID, "question": "能开票吗"}))); len(v.Similar) != 0 {
		t.Errorf("a colleague cannot take away what was written: %q", v.Similar)
	}
	if _, err := h.do("李雷", call("article.learn", params{"article": a.ID, "question": "票怎么开"})); !errors.Is(err, crm.ErrDenied) {
		t.Errorf("a rep teaches the knowledge base: %v", err)
	}
}

func TestWhatHoldsForOneCustomerIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	id := h.must("孙客服", call("ticket.create", params{"customer": "云帆科技", "content": "货什么时候到"})).Results[0].Record.ID
	for _, answer := range []string{"已经帮您查了，明天上午到", "单号 SF1234567890123", "王总您好，按特批价走", "云帆科技的货走专线"} {
		h.must("孙客服", call("ticket.reply", params{"ticket": id, "content": answer}))
		_, err := h.do("孙客服", call("article.create", params{"ticket": id}))
		var no *crm.Refusal
		if !errors.As(err, &no) || !errors.Is(err, crm.ErrInvalid) || !strings.Contains(no.Sentence, "新建知识") {
			t.Errorf("%q is kept: %v", answer, err)
		}
	}
	draft := articleOf(t, h.must("孙客服", call("article.create", params{"question": "a", "answer": "b", "draft": true})))
	if _, err := h.do("孙客服", call("ticket.reply", params{"ticket": id, "article": draft.ID})); !errors.Is(err, crm.ErrInvalid) {
		t.Errorf("a draft is sent to a customer: %v", err)
	}
}
