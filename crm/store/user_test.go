package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func TestPeopleAndTheirAccounts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := storetest.New(t)
	id, err := s.AddUser(ctx, store.NewUser{Name: " 李雷 ", Role: crm.Rep, Team: "上海", Peers: []string{"wecom:lilei"}})
	if err != nil {
		t.Fatal(err)
	}
	boss, err := s.AddUser(ctx, store.NewUser{Name: "王总", Role: crm.Admin, Peers: []string{"wecom:wang", "dingtalk:w1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []store.NewUser{{Name: "", Role: crm.Rep}, {Name: "x", Role: "king"}, {Name: "x", Role: crm.Rep, Peers: []string{"nobody"}}} {
		if _, err := s.AddUser(ctx, bad); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := s.AddUser(ctx, store.NewUser{Name: "小偷", Role: crm.Rep, Peers: []string{"wecom:lilei"}}); !errors.Is(err, crm.ErrConflict) {
		t.Error(err)
	}
	if err := s.LinkIdentity(ctx, id, "dingtalk:l1"); err != nil {
		t.Fatal(err)
	}
	if err := s.LinkIdentity(ctx, boss, "dingtalk:l1"); !errors.Is(err, crm.ErrConflict) {
		t.Error(err)
	}
	for _, peer := range []string{"wecom:lilei", "dingtalk:l1"} {
		if a, err := s.UserByPeer(ctx, peer); err != nil || a.UserID != id || a.Name != "李雷" || a.Role != crm.Rep || a.Scope != crm.ScopeOwn || a.TeamID == 0 {
			t.Error(a, err)
		}
	}
	if _, err := s.UserByPeer(ctx, "wecom:stranger"); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
	if admins, err := s.Admins(ctx); err != nil || len(admins) != 1 || !slices.Equal(admins[0].Peers, []string{"dingtalk:w1", "wecom:wang"}) {
		t.Error(admins, err)
	}
	if err := s.SetRole(ctx, id, crm.Manager); err != nil {
		t.Fatal(err)
	}
	if a, err := s.UserByPeer(ctx, "wecom:lilei"); err != nil || a.Scope != crm.ScopeAll {
		t.Error("the change is not seen at once", a, err)
	}
	if err := s.DisableUser(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UserByPeer(ctx, "wecom:lilei"); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.UserByID(ctx, id); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
	if err := s.EnableUser(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTeam(ctx, id, ""); err != nil {
		t.Fatal(err)
	}
	if a, err := s.UserByID(ctx, id); err != nil || a.TeamID != 0 {
		t.Error(a, err)
	}
	if err := s.SetRole(ctx, 999, crm.Rep); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
	list, err := s.ListUsers(ctx)
	if err != nil || len(list) != 2 || list[0].BriefMinute != 530 || !list[0].Active {
		t.Errorf("%+v %v", list, err)
	}
}

func TestALeadSeesTheTeamsBelow(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := storetest.New(t)
	ids := map[string]crm.TeamID{}
	for _, pair := range [][2]string{{"总部", ""}, {"华东", "总部"}, {"上海", "华东"}, {"浦东", "上海"}, {"华北", "总部"}} {
		id, err := s.AddTeam(ctx, pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		ids[pair[0]] = id
	}
	if _, err := s.AddUser(ctx, store.NewUser{Name: "主管", Role: crm.TeamLead, Team: "华东", Peers: []string{"wecom:lead"}}); err != nil {
		t.Fatal(err)
	}
	a, err := s.UserByPeer(ctx, "wecom:lead")
	want := []crm.TeamID{ids["华东"], ids["上海"], ids["浦东"]}
	slices.Sort(want)
	if err != nil || a.Scope != crm.ScopeTeam || !slices.Equal(a.Teams, want) {
		t.Errorf("%+v %v, want %v", a, err, want)
	}
	// Teams in a circle, by whoever's mistake, end.
	if _, err := s.AddTeam(ctx, "华东", "浦东"); err != nil {
		t.Fatal(err)
	}
	if a, err := s.UserByPeer(ctx, "wecom:lead"); err != nil || !slices.Equal(a.Teams, want) {
		t.Error(a, err)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := storetest.New(t)
	add := func(n store.NewUser) crm.UserID {
		n.Role = crm.Rep
		id, err := s.AddUser(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	lilei := add(store.NewUser{Name: "李雷", Mobile: "+86 138-1234-5678", Peers: []string{"wecom:lilei"}})
	hmm := add(store.NewUser{Name: "韩梅梅", Email: "HMM@Example.com"})
	tom := add(store.NewUser{Name: "Tom", Peers: []string{"wecom:tom"}})
	add(store.NewUser{Name: "双胞胎一", Mobile: "13900000000"})
	add(store.NewUser{Name: "双胞胎二", Mobile: "13900000000"})

	r, err := s.SyncDirectory(ctx, []store.DirectoryEntry{
		{Peer: "wecom:tom", Name: "Tom", Mobile: "13712345678", Active: true},
		{Peer: "dingtalk:1", Name: "李雷", Mobile: "13812345678", Active: true},
		{Peer: "dingtalk:2", Name: "韩梅梅", Email: "hmm@example.com ", Active: true},
		{Peer: "dingtalk:3", Name: "生人", Mobile: "13600000000", Active: true},
		{Peer: "dingtalk:4", Name: "双胞胎", Mobile: "13900000000", Active: true},
		{Peer: "dingtalk:5", Name: "走了", Active: false},
		{Peer: "dingtalk:6", Name: "Tom", Mobile: "86-13712345678", Active: true}, // known by the mobile that WeCom showed
	})
	want := "{1 [dingtalk:1 dingtalk:2 dingtalk:6] [] [dingtalk:3 dingtalk:4]}"
	if err != nil || fmt.Sprint(r) != want {
		t.Fatalf("%v %v, want %v", r, err, want)
	}
	for peer, id := range map[string]crm.UserID{"dingtalk:1": lilei, "dingtalk:2": hmm, "dingtalk:6": tom} {
		if a, err := s.UserByPeer(ctx, peer); err != nil || a.UserID != id {
			t.Error(peer, a, err)
		}
	}
	r, err = s.SyncDirectory(ctx, []store.DirectoryEntry{{Peer: "dingtalk:1", Active: false}, {Peer: "dingtalk:2", Name: "韩梅梅", Active: true}})
	if err != nil || fmt.Sprint(r) != "{1 [] [dingtalk:1] []}" {
		t.Fatal(r, err)
	}
	if _, err := s.UserByPeer(ctx, "dingtalk:1"); !errors.Is(err, crm.ErrNotFound) {
		t.Error("who left is still let in", err)
	}
	if a, err := s.UserByPeer(ctx, "wecom:lilei"); err != nil || a.UserID != lilei {
		t.Error("the other account", a, err)
	}
	if r, err = s.SyncDirectory(ctx, []store.DirectoryEntry{{Peer: "dingtalk:1", Name: "李雷", Active: true}}); err != nil || r.Known != 1 {
		t.Error(r, err)
	}
	if a, err := s.UserByPeer(ctx, "dingtalk:1"); err != nil || a.UserID != lilei {
		t.Error("who came back", a, err)
	}
}

// What Set has changed, Restore brings back: once, unless somebody changed it since.
func TestSetAndRestore(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.exec(t, `INSERT INTO customers (id, name, name_key, name_core, terms, created_by, owner_id, industry, phone, tags)
		VALUES (2001, '云帆', 'yf', 'yf', '{}', $1, $1, '软件', '\x0102', '{a,"b c"}')`, int64(c.actor["rep"].UserID))
	rep := c.actor["rep"]
	var steps []store.UndoStep
	as := func(actor crm.Actor, fn func(ctx context.Context, tx *store.Tx) error) error {
		return c.As(t.Context(), actor, fn)
	}
	err := as(rep, func(ctx context.Context, tx *store.Tx) error {
		v, err := tx.Set(ctx, crm.KindCustomer, 2001, 1, []store.Col{{Name: "industry", Value: "医疗"}, {Name: "phone", Value: nil}})
		if err != nil || v != 2 {
			t.Error(v, err)
		}
		v, err = tx.Set(ctx, crm.KindCustomer, 2001, v, []store.Col{{Name: "industry", Value: "教育"}, {Name: "tags", Value: []string{"x"}}, {Name: "next_contact_at", Value: time.Now()}})
		if err != nil || v != 3 {
			t.Error(v, err)
		}
		steps = tx.Ledger.Undo.Steps
		return nil
	})
	if err != nil || len(steps) != 1 || steps[0].Version != 3 {
		t.Fatal(steps, err)
	}
	for name, wrong := range map[string]func(ctx context.Context, tx *store.Tx) error{
		"an old version": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Set(ctx, crm.KindCustomer, 2001, 1, []store.Col{{Name: "industry", Value: "x"}})
			return err
		},
		"another's record": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Set(ctx, crm.KindCustomer, 2001, 3, []store.Col{{Name: "industry", Value: "x"}})
			return err
		},
	} {
		actor := rep
		if name == "another's record" {
			actor = c.actor["other"]
		}
		if err := as(actor, wrong); !errors.Is(err, crm.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, column := range []string{"version", "id", "industry = 'x', level", "Industry", ""} {
		err := as(rep, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Set(ctx, crm.KindCustomer, 2001, 3, []store.Col{{Name: column, Value: "x"}})
			return err
		})
		if !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("column %q: %v", column, err)
		}
	}
	const state = `SELECT industry || encode(coalesce(phone, ''), 'hex') || tags::text || coalesce(next_contact_at::text, '-') || version FROM customers`
	look := func() (s string) {
		if err := c.owner.QueryRow(state).Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	err = as(rep, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Restore(ctx, steps[0])
		return err
	})
	if got := look(); err != nil || got != `软件0102{a,"b c"}-4` {
		t.Error(got, err)
	}
	err = as(rep, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Restore(ctx, steps[0])
		return err
	})
	if !errors.Is(err, crm.ErrConflict) {
		t.Error("restored twice", err)
	}
}
