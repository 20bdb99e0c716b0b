package store_test

import (
	"context"
	"fmt"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// TestTheSameRecordIsFoundBehindManyGreetings: records of customer service all begin with the same words; none of them may
// push out the one that is the very same, or it would be recorded twice.
func TestTheSameRecordIsFoundBehindManyGreetings(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	customer := customerOf(t, c.Store, c.actor["rep"], "上海云帆科技")
	greeted := func(what string) crm.ChatRecord {
		return conversation("", "您好，欢迎咨询激光打标机客服", "请问有什么可以帮到您的", what, "好的，我记下了"+what)
	}
	first := keep(t, c.Store, c.actor["rep"], customer, greeted("第一位客户要两台二十瓦的"))
	for i := range 55 {
		keep(t, c.Store, c.actor["rep"], customer, greeted(fmt.Sprintf("后来的客户%d号要一台样机", i)))
	}
	err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
		for what, r := range map[string]crm.ChatRecord{
			"the same":  greeted("第一位客户要两台二十瓦的"),
			"in longer": conversation("", "您好，欢迎咨询激光打标机客服", "请问有什么可以帮到您的", "第一位客户要两台二十瓦的", "好的，我记下了第一位客户要两台二十瓦的", "那就这样定了吧"),
		} {
			same, _, err := tx.SameRecords(ctx, r)
			if err != nil {
				return err
			}
			if len(same) == 0 || same[0].ID != first || same[0].Whole != (what == "the same") {
				t.Errorf("%s: found %d records, not the first one at first", what, len(same))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOwnersFunctionsLookIntoTheirOwnSchema: a function with its owner's rights that names no place for temporary tables
// looks among them first, and so reads what the caller has put there.
func TestOwnersFunctionsLookIntoTheirOwnSchema(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	rows, err := storetest.Owner(t, s).Query(`
		SELECT proname FROM pg_proc
		WHERE prosecdef AND pronamespace = 'public'::regnamespace AND NOT coalesce(proconfig::text, '') LIKE '%search_path=public, pg_temp%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s has no safe search_path", name)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
}

// TestARowIsRenderedOnce: who comes too late to close a due row leaves nothing behind, else what waited behind it would be
// closed by one and told by nobody.
func TestARowIsRenderedOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	send(t, s, row("a", "a1"))
	c := claim(t, s, "a1")[0]
	render := func(key string) error {
		return s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Ledger.Outbox = []store.OutboxRow{row("a", key)}
			return tx.OutboxRendered(ctx, c)
		})
	}
	if err := render("first"); err != nil {
		t.Fatal(err)
	}
	if err := render("second"); err == nil {
		t.Error("a row that is closed was rendered again")
	}
	claim(t, s, "first")
}
