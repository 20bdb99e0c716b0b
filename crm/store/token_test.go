package store_test

import (
	"errors"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func TestTokensBelongToAPersonAndEnd(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := t.Context()
	id, err := s.AddUser(ctx, store.NewUser{Name: "李雷", Role: crm.Rep, Team: "华东组"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.AddToken(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.AddToken(ctx, id)
	if err != nil || second == first || len(first) < 45 {
		t.Fatalf("%q, %q: %v", first, second, err)
	}
	for _, token := range []string{first, second} {
		who, err := s.UserByToken(ctx, token)
		if err != nil || who.UserID != id || who.Scope != crm.ScopeOwn {
			t.Errorf("%+v: %v", who, err)
		}
	}
	if strings.Contains(storetest.Dump(t, s), first) {
		t.Error("the token itself stands in the database")
	}
	for _, wrong := range []string{"", "gendan_", first + "A", strings.ToUpper(first), strings.Repeat("gendan_", 100)} {
		if _, err := s.UserByToken(ctx, wrong); !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if err := s.DisableUser(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UserByToken(ctx, first); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("a disabled colleague's token: %v", err)
	}
	if err := s.EnableUser(ctx, id); err != nil {
		t.Fatal(err)
	}
	if n, err := s.RevokeTokens(ctx, id); n != 2 || err != nil {
		t.Errorf("%d revoked: %v", n, err)
	}
	if _, err := s.UserByToken(ctx, first); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("a revoked token: %v", err)
	}
}
