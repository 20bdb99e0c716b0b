package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func TestUserTokenPrintsTheKeyAloneAndEndsAll(t *testing.T) {
	t.Parallel()
	st := storetest.New(t)
	if _, err := st.AddUser(t.Context(), store.NewUser{Name: "李雷", Role: crm.Rep}); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	s := streams{strings.NewReader(""), &out, &errs}
	if err := userToken(t.Context(), s, st, 0, "李雷", false); err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSuffix(out.String(), "\n")
	if who, err := st.UserByToken(t.Context(), key); err != nil || who.Name != "李雷" {
		t.Errorf("%q is the key of %+v: %v", key, who, err)
	}
	if !strings.Contains(errs.String(), "Bearer") || strings.Contains(errs.String(), key) {
		t.Errorf("stderr says %q", errs.String())
	}
	if err := userToken(t.Context(), s, st, 0, "李雷", true); err != nil {
		t.Fatal(err)
	}
	if _, err := st.UserByToken(t.Context(), key); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("after --revoke: %v", err)
	}
	if err := userToken(t.Context(), s, st, 0, "没有这人", false); err == nil {
		t.Error("a key for nobody")
	}
}
