package bot_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"go.uber.org/zap"

	"gendan/bot"
	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// The library answers from confirmed articles for customers alone, and knows of a change within a moment.
func TestLibraryFollowsTheArticles(t *testing.T) {
	t.Parallel()
	st := storetest.New(t)
	l := bot.NewLibrary(st, nil, zap.NewNop())
	ctx := t.Context()
	if _, ok := l.Answer(ctx, "怎么开发票"); ok {
		t.Fatal("an empty library answers")
	}
	faq := crm.Article{Kind: "问答", State: crm.ArticleDraft, Question: "怎么开发票", Answer: "找销售开"}
	speech := crm.Article{Kind: "话术", State: crm.ArticleConfirmed, Question: "客户嫌贵怎么回", Answer: "质保两年"}
	do := func(work func(ctx context.Context, tx *store.Tx) error) {
		t.Helper()
		if err := st.As(ctx, crm.System, work); err != nil {
			t.Fatal(err)
		}
	}
	do(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddArticle(ctx, &faq); err != nil {
			return err
		}
		return tx.AddArticle(ctx, &speech)
	})
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	until("a colleague finds what to say", func() bool {
		ids, err := l.Find(ctx, "客户嫌贵", "话术", 3)
		return err == nil && len(ids) == 1 && ids[0] == speech.ID
	})
	if _, ok := l.Answer(ctx, "怎么开发票"); ok {
		t.Error("a draft answers a customer")
	}
	if _, ok := l.Answer(ctx, "客户嫌贵怎么回"); ok {
		t.Error("a customer reads what is for colleagues")
	}
	do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Set(ctx, crm.KindArticle, int64(faq.ID), 1, []store.Col{{Name: "state", Value: crm.ArticleConfirmed}})
		return err
	})
	until("a confirmed article answers", func() bool {
		a, ok := l.Answer(ctx, "怎么开发票")
		return ok && a.Text == "找销售开" && a.Article == strconv.FormatInt(int64(faq.ID), 10)
	})
	do(func(ctx context.Context, tx *store.Tx) error {
		return l.Judged(ctx, tx, strconv.FormatInt(int64(faq.ID), 10), "怎么开发票", true)
	})
	do(func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.ArticleByID(ctx, faq.ID)
		if err == nil && (a.Uses != 1 || a.Helpful != 1 || a.Version != 2) {
			t.Errorf("%+v", a)
		}
		return err
	})
}
