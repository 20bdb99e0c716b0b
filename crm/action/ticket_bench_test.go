package action_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// BenchmarkTicketCreate is how fast complaints can be written down by sixteen agents at once, each for one of a thousand
// customers: receipt, customer, ticket, audit, event, history, undo and what the customer's owner is told, in one
// transaction each.
func BenchmarkTicketCreate(b *testing.B) {
	s := storetest.New(b)
	x := action.New(s, action.Config{})
	hire := func(name string, role crm.Role) crm.Actor {
		id, err := s.AddUser(b.Context(), store.NewUser{Name: name, Role: role, Team: string(role), Peers: []string{"wecom:" + name}})
		if err != nil {
			b.Fatal(err)
		}
		a, err := s.UserByID(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		return a
	}
	agents := make([]crm.Actor, 16)
	for i := range agents {
		agents[i] = hire(fmt.Sprint("客服", i), crm.Service)
	}
	rep := hire("李雷", crm.Rep)
	owner := storetest.Owner(b, s)
	if _, err := owner.Exec(`INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by)
		SELECT '客户' || k, '客户' || k, '客户' || k, ARRAY['客户', '户' || k % 10], $1, $1 FROM generate_series(1, 1000) k`, int64(rep.UserID)); err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		agent := agents[int(n.Add(1))%len(agents)]
		for pb.Next() {
			k := n.Add(1)
			c := call("ticket.create", params{"customer": fmt.Sprint("客户", 1+k%1000), "content": "设备漏油", "kind": "投诉"})
			out, err := x.Run(b.Context(), action.Request{Actor: agent, Calls: []action.Call{c}, Key: fmt.Sprint("bench", k), Via: "chat", Conversation: fmt.Sprint("wecom:c", k)})
			if err != nil || len(out.Results) != 1 {
				b.Errorf("%+v %v", out, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tickets/s")
}
