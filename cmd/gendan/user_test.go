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

func TestUserTeamMovesAColleagueByName(t *testing.T) {
	t.Parallel()
	st := storetest.New(t)
	var ids []crm.UserID
	for _, n := range []store.NewUser{
		{Name: "李雷", Role: crm.Rep, Team: "销售一部"},
		{Name: "王芳", Role: crm.Rep, Team: "销售一部"},
		{Name: "王芳", Role: crm.Service},
	} {
		id, err := st.AddUser(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	var out bytes.Buffer
	s := streams{strings.NewReader(""), &out, &out}
	teams := func() (all []string) {
		t.Helper()
		users, err := st.ListUsers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			for _, u := range users {
				if u.ID == id {
					all = append(all, u.Team)
				}
			}
		}
		return all
	}
	for _, c := range []struct {
		name  string
		id    crm.UserID
		team  string
		says  string // "" where the command refuses
		after string
	}{
		{"李雷", 0, "销售二部", "in 销售二部 now", "销售二部 销售一部 -"}, // a team that was not there before
		{"李雷", 0, "销售一部", "in 销售一部 now", "销售一部 销售一部 -"},
		{"李雷", 0, "", "in no team now", "- 销售一部 -"},
		{"王芳", 0, "销售二部", "", "- 销售一部 -"},
		{"王芳", ids[2], "销售二部", "in 销售二部 now", "- 销售一部 销售二部"},
		{"没有这人", 0, "销售二部", "", "- 销售一部 销售二部"},
	} {
		out.Reset()
		err := userTeam(t.Context(), s, st, c.id, c.name, c.team)
		if (err != nil) != (c.says == "") || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s (%d) to %q: %q, %v", c.name, c.id, c.team, out.String(), err)
		}
		var got []string
		for _, team := range teams() {
			if team == "" {
				team = "-"
			}
			got = append(got, team)
		}
		if after := strings.Join(got, " "); after != c.after {
			t.Errorf("%s (%d) to %q: the teams are %s, want %s", c.name, c.id, c.team, after, c.after)
		}
	}
	if err := userTeam(t.Context(), s, st, 1<<40, "", "销售二部"); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("nobody of that number: %v", err)
	}
}
