package store_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

func conversation(title string, texts ...string) crm.ChatRecord {
	r := crm.ChatRecord{Format: "paste", Title: title}
	for i, text := range texts {
		r.Lines = append(r.Lines, crm.RecordLine{N: i + 1, Sender: "王强", Kind: "text", Text: text})
	}
	return r
}

// keep makes an activity with a record and answers its number.
func keep(t testing.TB, s *store.Store, actor crm.Actor, customer crm.CustomerID, r crm.ChatRecord) (id int64) {
	t.Helper()
	err := s.As(t.Context(), actor, func(ctx context.Context, tx *store.Tx) (err error) {
		if id, err = tx.NextID(ctx); err != nil {
			return err
		}
		tx.Ledger.Activities = append(tx.Ledger.Activities, store.ActivityRow{ID: crm.ActivityID(id), Customer: customer, Type: "record", Content: "聊天记录", At: tx.Now})
		return tx.KeepRecord(ctx, crm.ActivityID(id), customer, r, r)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func customerOf(t testing.TB, s *store.Store, actor crm.Actor, name string) (id crm.CustomerID) {
	t.Helper()
	err := s.As(t.Context(), actor, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddCustomer(ctx, store.NewCustomer{Name: name, OwnerID: actor.UserID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestChatRecordsFollowTheirCustomer: whoever sees the customer reads the lines; nobody else learns more of a record than
// whose it is and who recorded it.
func TestChatRecordsFollowTheirCustomer(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	customer := customerOf(t, c.Store, c.actor["rep"], "上海云帆科技")
	r := conversation("和王强的聊天记录", "你们预算到底多少", "三十八万以内都可以", "我问问财务再说")
	id := keep(t, c.Store, c.actor["rep"], customer, r)
	for name, may := range map[string]bool{"rep": true, "lead": true, "manager": true, "service": true, "other": false} {
		err := c.As(t.Context(), c.actor[name], func(ctx context.Context, tx *store.Tx) error {
			row, err := tx.ChatRecord(ctx, crm.ActivityID(id))
			if may && (err != nil || len(row.Record.Lines) != 3 || row.Record.Lines[1].Text != "三十八万以内都可以") {
				t.Errorf("%s reads %v, %v", name, row.Record, err)
			}
			if !may && !errors.Is(err, crm.ErrNotFound) {
				t.Errorf("%s reads %v, %v", name, row, err)
			}
			rows, err := tx.ChatRecords(ctx, 0, 10)
			if err != nil || (len(rows) == 1) != may {
				t.Errorf("%s lists %d records, %v", name, len(rows), err)
			}
			titled, err := tx.TitledCustomers(ctx, "和王强的聊天记录")
			if err != nil || (len(titled) == 1) != may {
				t.Errorf("%s finds %v by the title, %v", name, titled, err)
			}
			same, known, err := tx.SameRecords(ctx, r)
			if err != nil || len(same) != 1 || same[0].Seen != may || !same[0].Whole || same[0].UserName != "rep" || same[0].OwnerName != "rep" {
				t.Errorf("%s finds the same %+v, %v", name, same, err)
			}
			longer := conversation("", append([]string{"你们预算到底多少", "三十八万以内都可以", "我问问财务再说"}, "财务说可以的")...)
			if rest := longer.Since(known(int64(customer))); len(rest.Lines) != 1 || rest.Lines[0].N != 4 {
				t.Errorf("new in a longer piece: %v", rest.Lines)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.exec(t, `UPDATE activities SET deleted_at = now() WHERE id = $1`, id)
	err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ChatRecord(ctx, crm.ActivityID(id)); !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("the record outlives its activity: %v", err)
		}
		same, _, err := tx.SameRecords(ctx, r)
		if len(same) != 0 {
			t.Errorf("what was taken back is still the same: %v", same)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestDraftsAreTheirPersons: nobody else reads what somebody has forwarded and not recorded; the same text is one draft.
func TestDraftsAreTheirPersons(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	d := crm.RecordDraft{Record: conversation("", "这份记录还没有记到谁名下", "里面有很多私事")}
	var id int64
	put := func(who string) (n int64) {
		err := c.As(t.Context(), c.actor[who], func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.PutDraft(ctx, d)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if id = put("rep"); put("rep") != id {
		t.Error("the same text is two drafts")
	}
	if put("other") == id {
		t.Error("two people share a draft")
	}
	for _, who := range []string{"other", "lead", "manager", "service"} {
		err := c.As(t.Context(), c.actor[who], func(ctx context.Context, tx *store.Tx) error {
			if d, err := tx.Draft(ctx, id); !errors.Is(err, crm.ErrNotFound) {
				t.Errorf("%s reads %v, %v", who, d, err)
			}
			if err := tx.EndDraft(ctx, id, 0); !errors.Is(err, crm.ErrNotFound) {
				t.Errorf("%s drops it: %v", who, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
		if err := tx.EndDraft(ctx, id, 0); err != nil {
			return err
		}
		last, err := tx.LastDraft(ctx)
		if err != nil || last.ID != id || last.State != "dropped" || len(last.Draft.Record.Lines) != 2 {
			t.Errorf("the last one is %+v, %v", last, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRecordsAreSealed looks into the tables as a thief would.
func TestRecordsAreSealed(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	customer := customerOf(t, c.Store, c.actor["rep"], "上海云帆科技")
	r := conversation("和王强的私聊", "我们老板收了友商的好处", "千万别告诉别人 13812345678")
	keep(t, c.Store, c.actor["rep"], customer, r)
	err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.PutDraft(ctx, crm.RecordDraft{Record: r})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"chat_records", "record_drafts", "activities"} {
		var text string
		if err := c.owner.QueryRow(`SELECT string_agg(x::text, ' ') FROM ` + table + ` x`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"友商", "千万别", "13812345678", "私聊", "王强"} {
			if strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
				t.Errorf("%s holds %q: %.300s", table, secret, text)
			}
		}
	}
}

// BenchmarkRecordFind opens the newest 300 records of 30 lines, as a search for words does.
func BenchmarkRecordFind(b *testing.B) {
	s := durable(b)
	if _, err := s.AddUser(b.Context(), store.NewUser{Name: "rep", Role: crm.Rep, Peers: []string{"wecom:rep"}}); err != nil {
		b.Fatal(err)
	}
	actor, err := s.UserByPeer(b.Context(), "wecom:rep")
	if err != nil {
		b.Fatal(err)
	}
	customer := customerOf(b, s, actor, "上海云帆科技")
	for i := range 300 {
		var texts []string
		for j := range 30 {
			texts = append(texts, fmt.Sprintf("第%d份第%d句，说的是一些平常的事情和价格，还有交货的日子", i, j))
		}
		keep(b, s, actor, customer, conversation("", texts...))
	}
	words := crm.FindWords("样品 报价")
	for b.Loop() {
		err := s.As(b.Context(), actor, func(ctx context.Context, tx *store.Tx) error {
			rows, err := tx.ChatRecords(ctx, 0, 300)
			for _, row := range rows {
				row.Record.Find(words)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// TestSameRecordsAmongMany: looking for the same record stays quick with many records and a long one.
func TestSameRecordsAmongMany(t *testing.T) {
	if os.Getenv("GENDAN_SCALE") == "" {
		t.Skip("set GENDAN_SCALE to fill a table with 100,000 records")
	}
	c := newCompany(t)
	customer := customerOf(t, c.Store, c.actor["rep"], "上海云帆科技")
	c.exec(t, `
		INSERT INTO chat_records (id, customer_id, user_id, lines, body, line_keys, whole, recorded_at)
		SELECT 100000 + i, $1, $2, 30, '\x00', ARRAY(SELECT decode(substr(md5(i::text || ':' || j::text), 1, 16), 'hex') FROM generate_series(1, 30) j), decode(md5(i::text), 'hex'), now()
		FROM generate_series(1, 100000) i`, int64(customer), int64(c.actor["rep"].UserID))
	c.exec(t, `ANALYZE chat_records`)
	var texts []string
	for i := range 5000 {
		texts = append(texts, fmt.Sprintf("第%d句话，说的是一些平常的事情和价格", i))
	}
	for _, n := range []int{20, 5000} {
		err := c.As(t.Context(), c.actor["rep"], func(ctx context.Context, tx *store.Tx) error {
			start := time.Now()
			_, _, err := tx.SameRecords(ctx, conversation("", texts[:n]...))
			t.Logf("%d lines among 100,000 records: %s", n, time.Since(start))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
