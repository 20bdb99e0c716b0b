package wecom

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
)

// BenchmarkBotTurn is a message by the long connection, heard, answered and shown, by 50 people at once.
func BenchmarkBotTurn(b *testing.B) {
	org := wecomtest.Org{}
	for i := range 50 {
		org.People = append(org.People, wecomtest.Person{UserID: fmt.Sprint("u", i), Name: fmt.Sprint("人", i)})
	}
	s := wecomtest.New(wecomtest.Config{Org: org, Limits: wecomtest.Limits{PerMinute: -1, PerHour: -1, InProgress: -1}})
	if _, err := s.Start(""); err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c := s.Config()
	a, err := New(Config{BotID: c.BotID, BotSecret: c.BotSecret, WSURL: s.WSURL(), APIURL: s.APIURL(), PerMinute: -1, PerHour: -1})
	if err != nil {
		b.Fatal(err)
	}
	answered := make([]chan struct{}, len(org.People))
	byUser := map[chat.PeerID]chan struct{}{}
	for i, p := range org.People {
		answered[i] = make(chan struct{}, 1)
		byUser[personID(p.UserID)] = answered[i]
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		_ = a.Run(ctx, func(ctx context.Context, m chat.Message) error {
			_, err := a.Send(ctx, chat.Reply{Key: m.ID, Conversation: m.Conversation, To: m.From, AnswerTo: m.AnswerTo, Text: "已记录。"})
			byUser[m.From] <- struct{}{}
			return err
		})
	})
	for !a.Ready() {
		time.Sleep(time.Millisecond)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var people sync.WaitGroup
	for i := range org.People {
		people.Go(func() {
			for n := i; n < b.N; n += len(org.People) {
				if _, err := s.Say(org.People[i].UserID, "你好", wecomtest.Options{}); err != nil {
					b.Error(err)
					return
				}
				<-answered[i]
			}
		})
	}
	people.Wait()
	b.StopTimer()
	cancel()
	run.Wait()
}
