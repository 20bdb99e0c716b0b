package action_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

func articleOf(t *testing.T, out action.Outcome) action.ArticleView {
	t.Helper()
	var v action.ArticleView
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil || v.ID == 0 {
		t.Fatalf("no article in %s: %v", out.Results[0].Data, err)
	}
	return v
}

func TestArticlesAreWrittenFoundChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := articleOf(t, h.must("孙客服", call("article.create", params{"question": "怎么开发票", "answer": "付款后找销售开", "similar": []string{"能开票吗", "怎么开发票"}})))
	if a.State != crm.ArticleConfirmed || a.Kind != "问答" || len(a.Similar) != 1 {
		t.Errorf("%+v", a)
	}
	h.must("钱总", call("article.create", params{"question": "客户嫌贵怎么回", "answer": "贵在质保两年", "kind": "话术"}))
	find := func(who, query, kind string) (titles []string) {
		var v action.LibraryFound
		if err := json.Unmarshal(h.must(who, call("library.find", params{"query": query, "kind": kind})).Results[0].Data, &v); err != nil {
			t.Fatal(err)
		}
		for _, r := range v.Rows {
			titles = append(titles, r.Title)
		}
		return titles
	}
	if got := find("李雷", "嫌贵", "话术"); len(got) != 1 || got[0] != "客户嫌贵怎么回" {
		t.Errorf("a rep finds %q", got)
	}
	if got := find("李雷", "发票", "案例"); len(got) != 0 {
		t.Errorf("found %q among the cases", got)
	}
	for _, who := range []string{"李雷", "冯市场", "周主管"} {
		if _, err := h.do(who, call("article.create", params{"question": "a", "answer": "b"})); !errors.Is(err, crm.ErrDenied) {
			t.Errorf("%s writes the knowledge base: %v", who, err)
		}
	}
	h.must("孙客服", call("article.update", params{"article": a.ID, "answer": "订单里自己开"}))
	revision, err := h.store.ArticleRevision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.must("孙客服", call("undo", nil))
	var list action.ArticleListView
	if err := json.Unmarshal(h.must("李雷", call("article.list", params{})).Results[0].Data, &list); err != nil {
		t.Fatal(err)
	}
	if list.Total != 2 || list.Rows[1].Answer != "付款后找销售开" && list.Rows[0].Answer != "付款后找销售开" {
		t.Errorf("%+v", list)
	}
	if now, err := h.store.ArticleRevision(t.Context()); err != nil || now <= revision {
		t.Errorf("the revision stays %d, %v", now, err)
	}
	h.must("孙客服", call("article.remove", params{"article": a.ID}))
	if got := find("李雷", "发票", ""); len(got) != 0 {
		t.Errorf("still found: %q", got)
	}
}

func TestAnAnswerToACustomerBecomesADraftThatSomebodyConfirms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.do("孙客服", call("article.create", params{})); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("with no answer to learn from: %v", err)
	}
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	out := h.must("孙客服", call("ticket.create", params{"customer": "云帆科技", "content": "打印空白怎么办"}))
	id := out.Results[0].Record.ID
	h.must("孙客服", call("ticket.reply", params{"ticket": id, "content": "纸光面朝外再试，不行打 13812345678"}))
	a := articleOf(t, h.must("孙客服", call("article.create", params{})))
	if a.State != crm.ArticleDraft || a.Question != "打印空白怎么办" || a.TicketID != crm.TicketID(id) || strings.Contains(a.Answer, "138") {
		t.Errorf("%+v", a)
	}
	if got := articleOf(t, h.must("孙客服", call("article.confirm", params{"article": a.ID}))); got.State != crm.ArticleConfirmed {
		t.Errorf("%+v", got)
	}
	if _, err := h.do("孙客服", call("article.confirm", params{"article": a.ID})); !errors.Is(err, crm.ErrConflict) {
		t.Errorf("confirmed twice: %v", err)
	}
}

func TestAFileImportedAgainChangesWhatHasChanged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	do := func(answer string) {
		req := h.request("孙客服", call("article.create", params{"question": "怎么开发票", "answer": answer, "code": "faq.csv:1"}))
		req.Via = "import"
		if _, err := h.x.Run(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	do("找销售")
	do("找销售")
	do("自己开")
	rows, _, err := h.store.AllArticles(t.Context(), 10)
	if err != nil || len(rows) != 1 || rows[0].Answer != "自己开" || rows[0].Source != "import" {
		t.Errorf("%+v, %v", rows, err)
	}
}
