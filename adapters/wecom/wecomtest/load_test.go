package wecomtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"gendan/adapters/wecom/wecomtest"
)

// crowd is an org of n people.
func crowd(n int) (org wecomtest.Org) {
	for i := range n {
		org.People = append(org.People, wecomtest.Person{UserID: fmt.Sprintf("rep%03d", i), Name: fmt.Sprintf("销售%d", i)})
	}
	return org
}

var unlimited = wecomtest.Limits{PerMinute: -1, PerHour: -1, InProgress: -1}

// BenchmarkLine measures callbacks handed to a long connection that only reads, as a load source does.
func BenchmarkLine(b *testing.B) {
	w := wecomtest.New(wecomtest.Config{Org: crowd(500), Limits: unlimited})
	if _, err := w.Start(""); err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	client := dialFor(b, w)
	defer client.Close()
	var got atomic.Int64
	go func() {
		for {
			if _, _, err := client.ReadMessage(); err != nil {
				return
			}
			got.Add(1)
		}
	}()
	people := w.People()
	var next atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p := people[int(next.Add(1))%len(people)]
			if _, err := w.Say(p.UserID, "云帆推进到报价,明天下午3点提醒我打给王强", wecomtest.Options{}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "callbacks/s")
}

// BenchmarkTurn measures whole turns of 500 people: a message out, its answer in and acknowledged.
func BenchmarkTurn(b *testing.B) {
	w := wecomtest.New(wecomtest.Config{Org: crowd(500), Limits: unlimited})
	if _, err := w.Start(""); err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	client := dialFor(b, w)
	defer client.Close()
	acks := make(chan struct{}, b.N)
	go func() {
		for {
			var f frame
			if err := client.ReadJSON(&f); err != nil {
				return
			}
			if f.Cmd == "" {
				acks <- struct{}{}
				continue
			}
			answer := fmt.Sprintf(`{"cmd":"aibot_respond_msg","headers":{"req_id":"%s"},"body":{"msgtype":"stream","stream":{"id":"s1","finish":true,"content":"云帆科技 → 方案报价，¥380,000。"}}}`, f.Headers.ReqID)
			if err := client.WriteMessage(websocket.TextMessage, []byte(answer)); err != nil {
				return
			}
		}
	}()
	people := w.People()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := w.Say(people[i%len(people)].UserID, "云帆推进到报价,明天下午3点提醒我打给王强", wecomtest.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	for range b.N {
		<-acks
	}
	if got := w.Counters().Replies; got != int64(b.N) {
		b.Errorf("%d answers to %d messages", got, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

// BenchmarkCallback measures encrypted callbacks posted to an app that answers at once; the app's own HTTP
// server is part of the time.
func BenchmarkCallback(b *testing.B) {
	s := wecomtest.New(wecomtest.Config{Org: crowd(500), Limits: unlimited})
	defer s.Close()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { echoVerification(s, w, r) }))
	defer app.Close()
	if err := s.SetCallback(b.Context(), app.URL); err != nil {
		b.Fatal(err)
	}
	people := s.People()
	b.ReportAllocs()
	b.ResetTimer()
	var work sync.WaitGroup
	for c := range 64 {
		work.Go(func() {
			for i := c; i < b.N; i += 64 {
				r, err := s.Say(people[i%len(people)].UserID, "云帆推进到报价,明天下午3点提醒我打给王强", wecomtest.Options{Door: wecomtest.DoorApp})
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := r.Wait(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "callbacks/s")
}
