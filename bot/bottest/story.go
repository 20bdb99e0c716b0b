// Package bottest plays written conversations over the wire of both platforms: a real Postgres, a real
// redis-server, the real adapters and SDKs against the platform simulators, the clock in the test's hand.
//
// A story is a text file:
//
//	# 推进商机并定提醒；到点提醒本人。
//	@now 2026-11-18 10:00
//	李雷> 云帆推进到报价,38万,明天下午3点提醒我打电话给王强
//		bot> …
//	李雷> [撤销]
//	李雷@销售一部> 看看云帆
//	+29h
//		bot→李雷> …
//
// A step that begins with !card: or !shot: sends the picture of a business card or a chat window whose lines stand behind it,
// set apart by slashes (see package ocrtest), !qr: a QR code, !vcf: a file of a contact. ⏎ begins a new line of what is typed; !attach: and !forward: send a file of testdata/records, the latter as a forwarded
// chat record. A line in brackets presses the newest button of that label. Indented lines are what the bot did, and
// are written by `make golden`. Where the platforms show it differently there are wecom and dingtalk
// lines instead of bot lines.
//
// A speaker whose name begins with 客户 is a customer at the customers' door: !enter: opens it by a link with a scene and a
// parameter (#1001 or @云帆 stands for the link that we have made for that customer). 赵敏@客户王强> is what a colleague does in WeCom's own
// window: writes, !take:s, !transfer:s or !end:s the session, goes on or off !duty:, !confirm:s the oldest task of the group-send helper,
// writes down a !remark: (company and telephone). A customer !add:s a colleague by a code with a scene, and !leave:s them. An @restart line ends the service's
// process and begins another, @away 8016h only after that time: what nobody needs to see happen night by night; a story with an
// @only line is about one platform.
//
// With an @library line the knowledge base is the real one, empty at first; else customers are answered from a short list.
//
// With an @sms line text messages can be sent: 短信13812345678> is what somebody answers to one, and with !refuse: how many of the
// next messages the gateway will not take; with !open: they open the newest link that they were sent, in the browser that is named
// there or their own. An @plan line adds a journey of testdata/plans. With @many 2 more than two customers are too many to be counted in a chat. 触达> 王强：{{称呼}}… plans an offer that its owner has to send; after !auto: one that leaves by itself.
//
// 访客@B> !form: 周女士 13812345678 … is somebody who fills in the newest lead form in a browser, as a reader of text B.
// An @model line sets what the language model answers from there on: words, or tool calls, each a name and JSON, set apart by
// " / ", or a fault of [misbehave]. A story with such a line has a model, the others have none.
package bottest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
)

// story is a parsed file.
type story struct {
	name  string
	start time.Time
	steps []step
	model bool // a language model is there

	customers bool     // a customer speaks
	sms       bool     // text messages can be sent
	library   bool     // the knowledge base is empty at first and learns
	plans     []string // files of journeys of its own
	many      int      // customers beyond which segments are counted aside; 0 is as ever
	only      string   // the one platform that it is about; "" is both
}

// step is something that a person or the clock does.
type step struct {
	line  string        // as written
	who   string        // the speaker's name; "" for the clock
	group string        // the group spoken in; "" is 1:1
	kind  string        // "say", "tap", "open", "voice", "image", "file", "sticker", "attach", "forward", "clock", "model", "restart"
	text  string        // what is said, or the button's label
	ahead time.Duration // the clock, or how long nobody is there
}

// defaultStart is a Wednesday morning.
var defaultStart = time.Date(2026, 11, 18, 10, 0, 0, 0, crm.Shanghai)

// read parses a story; indented lines are left out, for they are the answer.
func read(name, text string) (story, error) {
	s := story{name: name, start: defaultStart}
	for i, line := range strings.Split(text, "\n") {
		bad := func(why string) error { return fmt.Errorf("%s:%d: %s: %q", name, i+1, why, line) }
		switch {
		case strings.HasPrefix(line, "\t"):
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case strings.HasPrefix(line, "@now "):
			t, err := time.ParseInLocation("2006-01-02 15:04", line[5:], crm.Shanghai)
			if err != nil {
				return s, bad(err.Error())
			}
			s.start = t
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case strings.HasPrefix(line, "+"):
			d, err := time.ParseDuration(line[1:])
			if err != nil {
				return s, bad(err.Error())
			}
			s.steps = append(s.steps, step{line: line, kind: "clock", ahead: d})
		case strings.HasPrefix(line, "@only "):
			s.only = line[len("@only "):]
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case strings.HasPrefix(line, "@plan "):
			s.plans = append(s.plans, line[len("@plan "):])
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case strings.HasPrefix(line, "@many "):
			n, err := strconv.Atoi(line[len("@many "):])
			if err != nil {
				return s, bad(err.Error())
			}
			s.many = n
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case line == "@sms":
			s.sms = true
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case line == "@library":
			s.library = true
			s.steps = append(s.steps, step{line: line, kind: "note"})
		case line == "@restart":
			s.steps = append(s.steps, step{line: line, kind: "restart"})
		case strings.HasPrefix(line, "@away "):
			d, err := time.ParseDuration(line[len("@away "):])
			if err != nil {
				return s, bad(err.Error())
			}
			s.steps = append(s.steps, step{line: line, kind: "restart", ahead: d})
		case strings.HasPrefix(line, "@model "):
			s.model = true
			s.steps = append(s.steps, step{line: line, kind: "model", text: line[len("@model "):]})
		default:
			who, said, ok := strings.Cut(line, "> ")
			if !ok {
				return s, bad("neither speaker nor clock")
			}
			st := step{line: line, kind: "say", text: said}
			st.who, st.group, _ = strings.Cut(who, "@")
			s.customers = s.customers || isCustomer(st.who) || isCustomer(st.group)
			if label, ok := strings.CutPrefix(said, "["); ok && strings.HasSuffix(label, "]") {
				st.kind, st.text = "tap", strings.TrimSuffix(label, "]")
			}
			if kind, rest, ok := strings.Cut(said, ":"); ok && strings.HasPrefix(kind, "!") {
				st.kind, st.text = kind[1:], strings.TrimSpace(rest)
			}
			s.steps = append(s.steps, st)
		}
	}
	return s, nil
}

// merge writes the story with what both platforms showed after each step.
func merge(s story, wecom, dingtalk [][]string) string {
	var out strings.Builder
	for i, st := range s.steps {
		out.WriteString(st.line + "\n")
		if equal(wecom[i], dingtalk[i]) {
			write(&out, "", wecom[i])
			continue
		}
		write(&out, "wecom", wecom[i])
		write(&out, "dingtalk", dingtalk[i])
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

func equal(a, b []string) bool { return strings.Join(a, "\x00") == strings.Join(b, "\x00") }

// write indents what was shown; further lines of one message are indented twice.
func write(out *strings.Builder, platform string, lines []string) {
	for _, l := range lines {
		if platform != "" {
			l = platform + strings.TrimPrefix(l, "bot")
		}
		out.WriteString("\t" + strings.ReplaceAll(l, "\n", "\n\t\t") + "\n")
	}
}
