package dingtalk_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

func TestEverybodyIsListedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.AddUser(dingtalktest.User{UserID: "boss", Name: "王总", Departments: []int64{1}}, dingtalktest.User{UserID: "old", Name: "老周", Departments: []int64{2}, Inactive: true})
	got := map[chat.PeerID]chat.Person{}
	people, err := h.a.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		got[p.Peer] = p
	}
	want := map[chat.PeerID]chat.Person{
		"dingtalk:boss": {Peer: "dingtalk:boss", Name: "王总", Active: true},
		"dingtalk:li":   {Peer: "dingtalk:li", Name: "李雷", Mobile: "13800000001", Email: "li@example.com", Departments: []string{"销售部", "华东组"}, Active: true},
		"dingtalk:han":  {Peer: "dingtalk:han", Name: "韩梅梅", Mobile: "13800000002", Departments: []string{"华东组"}, Active: true},
		"dingtalk:old":  {Peer: "dingtalk:old", Name: "老周", Departments: []string{"销售部"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(people) != len(got) {
		t.Errorf("%d people: %s", len(people), diff)
	}
}

func TestALargeDirectoryIsReadPageByPageWithinTheRate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 250 {
		h.AddUser(dingtalktest.User{UserID: fmt.Sprint("u", i), Name: fmt.Sprint("人", i), Departments: []int64{3}})
	}
	for i := range 25 { // more departments than calls a second
		h.AddDepartment(dingtalktest.Department{ID: int64(10 + i), Name: fmt.Sprint("部", i), ParentID: 2})
	}
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: "/topapi/v2/user/list", Code: "90018"})
	people, err := h.a.People(t.Context())
	if err != nil || len(people) != 252 {
		t.Errorf("%d people, %v", len(people), err)
	}
}
