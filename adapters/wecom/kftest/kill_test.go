package kftest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// childOf is set in a process that pulls customers' messages until it is killed: the database and the platform.
const childOf = "GENDAN_KFTEST_CHILD"

func TestMain(m *testing.M) {
	if where := os.Getenv(childOf); where != "" {
		if err := beKilled(where); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beKilled pulls as a process of the service does.
func beKilled(where string) error {
	database, platform, _ := strings.Cut(where, " ")
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: database, Keys: store.NewKeys(), MaxConns: 4})
	if err != nil {
		return err
	}
	c := wecomtest.New(wecomtest.Config{}).Config()
	a, err := wecom.New(wecom.Config{CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, APIURL: platform, Elector: s.Elector(nil)})
	if err != nil {
		return err
	}
	kf, err := a.KF(wecom.KFConfig{Accounts: []string{kfid}, Book: s, Poll: 10 * time.Millisecond})
	if err != nil {
		return err
	}
	return kf.Run(ctx, func(ctx context.Context, m chat.Message) error {
		payload, err := json.Marshal(m)
		if err != nil {
			return err
		}
		_, err = s.Hear(ctx, store.InboxMessage{
			Platform: m.Platform, MessageID: m.ID, Conversation: string(m.Conversation), Peer: string(m.From), SentAt: m.SentAt, Payload: payload,
		})
		return err
	})
}

// TestKilledAgainAndAgain kills the process that pulls, with no chance to tidy up, while customers go on writing.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPage: 3, KFPulls: -1}})
	owner := storetest.Owner(t, storetest.Open(t, d.url))
	said := map[string][]string{}
	write := func(n int) {
		for range n {
			for _, customer := range []string{wang, liu} {
				id, err := d.KFSay(kfid, customer, strconv.Itoa(len(said[customer])))
				if err != nil {
					t.Fatal(err)
				}
				said[customer] = append(said[customer], id)
			}
		}
	}
	stored := func() (got map[string][]string, n int) {
		rows, err := owner.Query(`SELECT peer, message_id FROM inbox ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		got = map[string][]string{}
		for ; rows.Next(); n++ {
			var peer, id string
			if err := rows.Scan(&peer, &id); err != nil {
				t.Fatal(err)
			}
			_, customer, _ := strings.Cut(peer, "/")
			got[customer] = append(got[customer], id)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return got, n
	}
	pages := func() (n int64) { // that were asked for
		for _, e := range d.Journal(0, 100000) {
			if e.Text == "kf/sync_msg" && e.Code == 0 {
				n++
			}
		}
		return n
	}
	const lives = 8
	for life := range lives {
		write(15)
		before := pages()
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childOf+"="+d.url+" "+d.base)
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		kill := func() {
			_ = child.Process.Kill()
			_ = child.Wait()
		}
		t.Cleanup(kill)
		after := before + int64(rand.IntN(6)) // somewhere among the pages
		if life == lives-1 {
			until(t, "everything was heard", func() bool {
				_, n := stored()
				return n >= len(said[wang])+len(said[liu])
			})
		} else {
			until(t, "pages were pulled", func() bool { return pages() > after })
		}
		kill()
	}
	got, n := stored()
	for _, customer := range []string{wang, liu} {
		if !slices.Equal(got[customer], said[customer]) {
			t.Errorf("%s said %d things, of which %d were heard, or in another order", customer, len(said[customer]), len(got[customer]))
		}
	}
	t.Logf("%d messages, %d pages pulled", n, pages())
}
