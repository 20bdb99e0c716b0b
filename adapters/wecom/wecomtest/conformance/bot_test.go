package conformance

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

// stage is a platform with a bot on the official SDK.
type stage struct {
	*wecomtest.Server
	*node
	t *testing.T
}

func newStage(t *testing.T, cfg wecomtest.Config, env ...string) *stage {
	t.Helper()
	needNode(t)
	t.Parallel()
	s := wecomtest.New(cfg)
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := s.Config()
	env = append([]string{"WS_URL=" + s.WSURL(), "BOT_ID=" + c.BotID, "BOT_SECRET=" + c.BotSecret, "LATE_MS=0"}, env...)
	g := &stage{Server: s, node: run(t, "bot.mjs", env...), t: t}
	return g
}

// sees waits until user sees a bubble that match accepts.
func (g *stage) sees(user, what string, match func(wecomtest.Bubble) bool) wecomtest.Bubble {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	for seq := int64(0); ; {
		last := g.LastSeq()
		view := g.View(user)
		for i := len(view) - 1; i >= 0; i-- {
			if match(view[i]) {
				return view[i]
			}
		}
		found, err := g.WaitJournal(ctx, max(seq, last), 1)
		if errors.Is(err, context.DeadlineExceeded) {
			g.t.Fatalf("%s never saw %s, only %+v", user, what, view)
		} else if err != nil {
			g.t.Fatal(err)
		}
		seq = found[0].Seq - 1
	}
}

func (g *stage) seesText(user, text string) wecomtest.Bubble {
	g.t.Helper()
	return g.sees(user, text, func(b wecomtest.Bubble) bool { return b.From == "" && !b.Writing && b.Text == text })
}

func (g *stage) say(user, text string, opt wecomtest.Options) {
	g.t.Helper()
	if _, err := g.Say(user, text, opt); err != nil {
		g.t.Fatal(err)
	}
}

func sum(data []byte) string {
	m := md5.Sum(data)
	return hex.EncodeToString(m[:])
}

var png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 5000)...)

func TestReceivesAndAnswers(t *testing.T) {
	g := newStage(t, wecomtest.Config{})
	g.next("authenticated")

	if _, err := g.Enter("lilei", wecomtest.DoorBot); err != nil {
		t.Fatal(err)
	}
	g.seesText("lilei", "你好，我是跟单")

	g.say("lilei", "stream", wecomtest.Options{})
	if b := g.seesText("lilei", "已记录跟进"); b.Feedback != "fb-1" {
		t.Errorf("feedback id %q", b.Feedback)
	}
	g.say("lilei", "flood", wecomtest.Options{})
	g.seesText("lilei", "完")
	if got := g.next("flood"); got["skipped"].(float64) < 10 {
		t.Errorf("only %v intermediate frames were skipped", got["skipped"])
	}

	group := g.Groups()[0].ChatID
	g.say("lilei", "在群里", wecomtest.Options{Group: group})
	g.seesText("wangjing", "你说：在群里")
	g.say("lilei", "悄悄话", wecomtest.Options{Group: group, NoAt: true})
	g.say("lilei", "看这个", wecomtest.Options{Quote: &wecomtest.Quote{Kind: "text", Text: "昨天的话"}})
	g.seesText("lilei", "你说：看这个（回复：昨天的话）")

	if _, err := g.SayVoice("lilei", "明天给王强打电话", wecomtest.Options{}); err != nil {
		t.Fatal(err)
	}
	g.seesText("lilei", "voice: 明天给王强打电话")

	file := bytes.Repeat([]byte("报价单\n"), 100_000)
	for kind, send := range map[string]func(string, string, []byte, wecomtest.Options) (*wecomtest.Receipt, error){
		"image": g.SendImage, "file": g.SendFile, "video": g.SendVideo,
	} {
		data := map[string][]byte{"image": png, "file": file, "video": []byte("....ftypisom....")}[kind]
		name := "云帆 报价单（终）." + kind
		if _, err := send("hanmeimei", name, data, wecomtest.Options{}); err != nil {
			t.Fatal(err)
		}
		g.seesText("hanmeimei", fmt.Sprintf("%s: %s %d %s", kind, name, len(data), sum(data)))
	}
	if _, err := g.SendMixed("lilei", "合同照片", [][]byte{png, png}, wecomtest.Options{}); err != nil {
		t.Fatal(err)
	}
	g.seesText("lilei", fmt.Sprintf("mixed: 合同照片 | picture1.png %d %s | picture2.png %d %s", len(png), sum(png), len(png), sum(png)))
	for _, e := range g.Journal(0, 0) {
		if strings.Contains(e.Body, "悄悄话") {
			t.Errorf("the bot was told what nobody told it: %+v", e)
		}
	}
}

func TestCardsAndPushes(t *testing.T) {
	g := newStage(t, wecomtest.Config{})
	g.next("authenticated")

	for _, how := range []string{"card", "both"} {
		g.say("lilei", how, wecomtest.Options{})
		task := "t-" + how
		b := g.sees("lilei", task, func(b wecomtest.Bubble) bool { return b.Card != nil && b.Card.TaskID == task })
		if b.Card.Buttons[0].Key != "undo:42" || len(b.Cut) > 0 {
			t.Errorf("card %+v, cut %v", b.Card, b.Cut)
		}
		if _, err := g.Tap("lilei", task, "undo:42"); err != nil {
			t.Fatal(err)
		}
		g.sees("lilei", "the changed card", func(b wecomtest.Bubble) bool {
			return b.Card != nil && b.Card.TaskID == task && b.Card.MainTitle.Title == "已撤销"
		})
	}

	g.say("lilei", "push", wecomtest.Options{})
	g.seesText("lilei", "**该打电话了**")

	g.say("lilei", "upload", wecomtest.Options{})
	g.sees("lilei", "two files", func(wecomtest.Bubble) bool {
		n := 0
		for _, b := range g.View("lilei") {
			if b.From == "" && b.File != nil && b.File.Name == "报价单.txt" && b.File.Size == 1_300_000 {
				n++
			}
		}
		return n == 2
	})

	g.say("lilei", "refused", wecomtest.Options{})
	codes := g.next("refused")["codes"].(map[string]any)
	for name, want := range map[string]float64{"text": 40008, "unknown": 93006, "silent": 93006, "media": 40007} {
		if codes[name] != want {
			t.Errorf("%s: %v, want %v", name, codes[name], want)
		}
	}
}

func TestLateCardUpdate(t *testing.T) {
	g := newStage(t, wecomtest.Config{Limits: wecomtest.Limits{CardUpdate: 200 * time.Millisecond}}, "LATE_MS=500")
	g.next("authenticated")
	g.say("lilei", "card", wecomtest.Options{})
	g.sees("lilei", "the card", func(b wecomtest.Bubble) bool { return b.Card != nil })
	if _, err := g.Tap("lilei", "t-card", "view:42"); err != nil {
		t.Fatal(err)
	}
	if got := g.next("late"); got["code"] != 846608.0 {
		t.Errorf("late update: %v", got)
	}
}

func TestConnectionLife(t *testing.T) {
	g := newStage(t, wecomtest.Config{})
	g.next("authenticated")

	g.DropConnection()
	g.next("reconnecting")
	g.next("authenticated")
	g.say("lilei", "还在吗", wecomtest.Options{})
	g.seesText("lilei", "你说：还在吗")

	second := run(t, "bot.mjs", "WS_URL="+g.WSURL(), "BOT_ID="+g.Config().BotID, "BOT_SECRET="+g.Config().BotSecret, "LATE_MS=0")
	second.next("authenticated")
	g.next("kicked")
	g.say("lilei", "换人了吗", wecomtest.Options{})
	g.seesText("lilei", "你说：换人了吗")
	if got := g.next("disconnected", "reconnecting"); got["event"] != "disconnected" {
		t.Errorf("the kicked client does %v", got)
	}
	select {
	case line := <-g.lines:
		t.Errorf("the kicked client goes on: %v", line)
	default:
	}
}

func TestWrongSecret(t *testing.T) {
	g := newStage(t, wecomtest.Config{}, "BOT_SECRET=wrong")
	for {
		got := g.next("error", "authenticated")
		if got["event"] == "authenticated" {
			t.Fatal("a wrong secret is let in")
		}
		if got["code"] == "WS_AUTH_FAILURE_EXHAUSTED" {
			return
		}
	}
}

func TestHeartbeat(t *testing.T) {
	g := newStage(t, wecomtest.Config{})
	g.next("authenticated")
	g.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "ping", Count: -1})
	g.next("reconnecting") // two pings without an answer
	g.ClearFaults()
	g.next("authenticated")
}
