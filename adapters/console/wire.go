package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

const (
	wireLines = 60      // shown
	mostBody  = 4 << 10 // bytes of a line's JSON
)

// showWire draws what went over the wire of all platforms last.
func (c *Console) showWire(w http.ResponseWriter, _ *http.Request) {
	c.render(w, http.StatusOK, "wire", c.wire())
}

// wire is the newest lines of all platforms, newest first.
func (c *Console) wire() []Line {
	var all []Line
	for _, p := range c.cfg.Phones {
		all = append(all, p.Wire(wireLines)...)
	}
	slices.SortStableFunc(all, func(a, b Line) int { return b.At.Compare(a.At) })
	return all[:min(len(all), wireLines)]
}

// weComToBot are the journal's kinds that go from WeCom to the bot; said and fault never cross the wire.
var weComToBot = map[string]bool{wecomtest.KindCallback: true, wecomtest.KindLost: true, wecomtest.KindConn: true}

// Wire is what went over WeCom's wire last.
func (p weComPhones) Wire(n int) []Line {
	var lines []Line
	for _, e := range newest(p.s.Journal(max(0, p.s.LastSeq()-int64(4*n)), 4*n)) {
		if e.Kind == wecomtest.KindSaid || e.Kind == wecomtest.KindFault || e.Kind == wecomtest.KindRefused {
			continue
		}
		l := Line{Seq: uint64(e.Seq), At: e.At, Platform: p.Name(), ToBot: weComToBot[e.Kind], What: weComWhat(e), Body: tidy([]byte(e.Body))}
		l.Note = e.User
		if e.Code != 0 {
			l.Note = strings.TrimSpace(fmt.Sprintf("%s errcode %d", l.Note, e.Code))
		}
		if lines = append(lines, l); len(lines) == n {
			break
		}
	}
	return lines
}

// weComWhat names an entry by the command or path that carried it.
func weComWhat(e wecomtest.Entry) string {
	switch {
	case (e.Door == wecomtest.DoorApp || e.Door == wecomtest.DoorKF) && e.Kind == wecomtest.KindCallback:
		return "POST callback"
	case e.Kind == wecomtest.KindCallback:
		return strings.TrimSpace("callback " + e.Text)
	}
	return strings.TrimSpace(e.Kind + " " + e.Text)
}

// Wire is what went over DingTalk's wire last.
func (p dingTalkPhones) Wire(n int) []Line {
	var lines []Line
	last := p.s.Last()
	for _, e := range newest(p.s.Journal(last-min(last, uint64(4*n)), dingtalktest.Filter{})) {
		l := Line{Seq: e.Seq, At: e.At, Platform: p.Name(), Note: e.User}
		switch {
		case e.Frame != nil:
			l.ToBot, l.What, l.Body = true, e.Frame.Type+" "+e.Frame.Topic, tidy(e.Frame.Data)
		case e.Ack != nil:
			l.What, l.Body = fmt.Sprintf("ACK %d %s", e.Ack.Code, e.Ack.Topic), tidy([]byte(e.Ack.Data))
		case e.Call != nil:
			l.What, l.Body = e.Call.API, tidy(e.Call.Body)
			l.Note = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.Call.Status, e.Call.Code))
		case e.Kind == dingtalktest.KindConnect, e.Kind == dingtalktest.KindDisconnect, e.Kind == dingtalktest.KindLost:
			l.ToBot, l.What, l.Note = true, e.Kind, strings.TrimSpace(e.ID+" "+e.Text)
		default:
			continue // what happened on a screen, not on the wire
		}
		if lines = append(lines, l); len(lines) == n {
			break
		}
	}
	return lines
}

func newest[E any](list []E) []E {
	slices.Reverse(list)
	return list
}

// tidy is JSON on indented lines, cut to mostBody bytes.
func tidy(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		b.Reset()
		b.Write(body)
	}
	s := b.String()
	if len(s) <= mostBody {
		return s
	}
	cut := mostBody
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "\n…"
}
