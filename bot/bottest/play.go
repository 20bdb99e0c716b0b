package bottest

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gendan/adapters/console"
)

// play acts out the story and returns what was shown after each step.
func (w *world) play(s story) [][]string {
	w.t.Helper()
	shown := make([][]string, len(s.steps))
	for i, st := range s.steps {
		if st.kind == "note" {
			continue
		}
		if st.kind == "model" {
			w.model.Answer(modelAnswer(w.t, st.text))
			continue
		}
		if st.kind == "restart" {
			w.end()
			w.clock.set(w.clock.Now().Add(st.ahead))
			w.begin()
			w.settle()
			shown[i] = w.shown(st)
			continue
		}
		before := w.heard()
		w.act(st)
		if !byItself(st) && st.kind != "clock" && st.kind != "open" && st.kind != "fail" && st.kind != "confirm" && st.kind != "remark" {
			w.until("the platform has delivered: "+st.line, 20*time.Second, func() bool { return w.heard() > before })
		}
		w.settle()
		shown[i] = w.shown(st)
		w.nothingLeftWorking(st)
	}
	w.pressEverything()
	return shown
}

// pressEverything presses, after the story, one button of each kind on everybody's DingTalk screen: whatever the answer is, no
// card may be left saying that it is being worked on.
func (w *world) pressEverything() {
	if w.simDingTalk == nil {
		return
	}
	pressed := map[string]bool{}
	for _, c := range colleagues {
		for _, group := range []string{"", w.group} {
			for {
				before := w.heard()
				if kind := w.pressNew(c.id, group, pressed); kind == "" {
					break
				} else {
					w.until("the press of "+kind+" has arrived", 20*time.Second, func() bool { return w.heard() > before })
					w.settle()
					w.nothingLeftWorking(step{line: "after the story: " + kind})
				}
			}
		}
	}
}

// pressNew presses a button of a kind that is not in pressed, of those on the screen the one that was pressed least in all
// stories; "" when there is none.
func (w *world) pressNew(user, group string, pressed map[string]bool) string {
	w.t.Helper()
	chats, err := w.phones.Screen(user)
	if err != nil {
		w.t.Fatal(err)
	}
	kind, bubble, key, least := "", "", "", enoughPresses
	for _, c := range chats {
		if c.ID != group {
			continue
		}
		for _, b := range c.Bubbles {
			for _, one := range b.Buttons {
				k := buttonKind(one.Key)
				if b.Card == nil || one.Off || pressed[k] || strings.HasPrefix(one.Key, "dtmd:") || presses(k).Load() >= least {
					continue
				}
				kind, bubble, key, least = k, b.ID, one.Key, presses(k).Load()
			}
		}
	}
	if kind == "" {
		return ""
	}
	pressed[kind] = true
	presses(kind).Add(1)
	if err := w.phones.Tap(user, group, bubble, key); err != nil {
		w.t.Fatalf("press %s: %v", key, err)
	}
	return kind
}

// buttonKind is what a key means, without whom it is about: "ticket:take" of "ticket:take:1042", "run" of "run:转交 3 李雷".
func buttonKind(key string) string {
	parts := strings.Split(key, ":")
	if len(parts) > 1 && isWord.MatchString(parts[1]) && parts[0] != "undo" {
		return parts[0] + ":" + parts[1]
	}
	return parts[0]
}

var (
	isWord       = regexp.MustCompile(`^[a-z]+$`)
	kindsPressed sync.Map // kind to *atomic.Int64: how often in all stories
)

// enoughPresses of one kind are enough for all stories.
const enoughPresses int64 = 3

func presses(kind string) *atomic.Int64 {
	n, _ := kindsPressed.LoadOrStore(kind, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// nothingLeftWorking fails when a card still says that a press is being worked on, although everything is answered and sent.
func (w *world) nothingLeftWorking(st step) {
	w.t.Helper()
	if w.simDingTalk == nil {
		return
	}
	for _, c := range colleagues {
		chats, err := w.all["dingtalk"].Screen(c.id)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, one := range chats {
			for _, b := range one.Bubbles {
				if b.Card != nil && strings.Contains(b.Card.Status, "处理中") {
					w.t.Errorf("%s: %s's card %q stays %q", st.line, c.name, b.Card.Title, b.Card.Status)
				}
			}
		}
	}
	for _, v := range w.simDingTalk.Violations() {
		w.t.Errorf("%s: %s", st.line, v)
	}
}

// act does what the step says.
func (w *world) act(st step) {
	w.t.Helper()
	if st.kind == "clock" {
		w.pass(st.ahead)
		return
	}
	st.text = w.withCoupons(st.text)
	if st.who == planner {
		if err := w.actPlanner(st); err != nil {
			w.t.Fatalf("%s: %v", st.line, err)
		}
		return
	}
	if st.kind == "form" {
		if err := w.fillForm(st.group, st.text); err != nil {
			w.t.Fatalf("%s: %v", st.line, err)
		}
		return
	}
	if strings.HasPrefix(st.who, phoneMark) {
		if err := w.actPhone(st); err != nil {
			w.t.Fatalf("%s: %v", st.line, err)
		}
		return
	}
	if isCustomer(st.who) || isCustomer(st.group) {
		if err := w.actCustomer(st); err != nil {
			w.t.Fatalf("%s: %v", st.line, err)
		}
		return
	}
	user, ok := w.ids[st.who]
	if !ok {
		w.t.Fatalf("%s: nobody is called %q", st.line, st.who)
	}
	chat := ""
	if st.group != "" {
		chat = w.group
	}
	var err error
	switch st.kind {
	case "say":
		err = w.phones.Say(user, chat, strings.ReplaceAll(st.text, "⏎", "\n"))
	case "card", "shot", "qr", "vcf":
		err = w.picture(user, chat, st.kind, st.text)
	case "attach":
		err = w.attach(user, st.text)
	case "forward":
		err = w.forward(user, st.text)
	case "tap":
		bubble, button := w.button(user, chat, st.text)
		if button.Key == "" {
			w.t.Fatalf("%s: no such button on the screen", st.line)
		}
		if w.simDingTalk != nil {
			presses(buttonKind(button.Key)).Add(1)
		}
		err = w.phones.Tap(user, chat, bubble, button.Key)
	case "open":
		err = w.phones.Open(user)
	default:
		err = w.phones.Send(user, st.kind, st.text)
	}
	if err != nil {
		w.t.Fatalf("%s: %v", st.line, err)
	}
}

// pass lets time go by as it does: from one due timer to the next, each rung before the one after it.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	target := w.clock.Now().Add(d)
	for {
		due, ok, err := w.store.NextDue(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if !ok || due.After(target) {
			break
		}
		w.clock.set(due)
		w.alarm.Poke()
		w.settle()
	}
	w.clock.set(target)
	w.alarm.Poke()
}

// button finds the newest button of that label.
func (w *world) button(user, chat, label string) (bubble string, found console.Button) {
	chats, err := w.phones.Screen(user)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range chats {
		if c.ID != chat {
			continue
		}
		for _, b := range c.Bubbles {
			for _, one := range b.Buttons {
				if one.Text == label && !one.Off {
					bubble, found = b.ID, one
				}
			}
		}
	}
	return bubble, found
}

// shown collects what the bot has shown to everybody since the last step; the speaker comes first.
func (w *world) shown(st step) (lines []string) {
	order := []string{st.who}
	if byItself(st) {
		order = nil
	}
	for _, c := range colleagues {
		if c.name != st.who {
			order = append(order, c.name)
		}
	}
	if w.kf != nil {
		for _, c := range customers {
			if name := customerMark + c.Name; name != st.who {
				order = append(order, name)
			}
		}
	}
	groupSeen := map[string]bool{}
	for _, name := range order {
		if name == "" {
			continue
		}
		look := w.look
		if id, ok := customerID(name); ok {
			look = func(string) []string { return w.lookCustomer(name, id) }
		}
		for _, l := range look(name) {
			if strings.HasPrefix(l, "@") { // everybody in a group sees the same: once is enough
				if !groupSeen[l] {
					lines = append(lines, "bot"+l)
				}
				groupSeen[l] = true
				continue
			}
			if name != st.who {
				l = "→" + name + l
			}
			lines = append(lines, "bot"+l)
		}
	}
	if w.gateway != nil {
		for _, l := range w.gateway.news() {
			lines = append(lines, "bot"+l)
		}
	}
	for i := range lines {
		lines[i] = hideCoupons(lines[i])
	}
	return lines
}

// ownPage is the address of a customer's own page, which differs from company to company.
var ownPage = regexp.MustCompile(`/([uk])/[0-9a-z]+(?:-[0-9a-z]+)*-[0-9a-f]{20,32}`)

var undoCode = regexp.MustCompile(`撤销 [2-9A-Z]{4}`)

// printed is a bubble as a line of a transcript: words, then the card, then the buttons in brackets.
func printed(b console.Bubble) string {
	var parts []string
	if b.Text != "" {
		parts = append(parts, plain(b.Text))
	}
	if b.File != "" {
		parts = append(parts, "📎"+b.File)
	}
	if c := b.Card; c != nil {
		card := "▣ " + plain(c.Title)
		if c.Status != "" {
			card += " ‹" + c.Status + "›"
		}
		if c.Body != "" {
			card += "\n" + plain(c.Body)
		}
		for _, f := range c.Fields {
			card += "\n" + f.Name + "：" + plain(f.Value)
		}
		if c.Note != "" {
			card += "\n" + plain(c.Note)
		}
		parts = append(parts, card)
	}
	text := strings.Join(parts, "\n")
	var buttons []string
	for _, one := range b.Buttons {
		if !one.Off {
			buttons = append(buttons, "["+one.Text+"]")
		}
	}
	if len(buttons) > 0 {
		text += "\n" + strings.Join(buttons, " ")
	}
	text = hideCoupons(secretLink.ReplaceAllString(ownPage.ReplaceAllString(text, "/$1/····"), "/$1/····"))
	return undoCode.ReplaceAllString(text, "撤销 ····")
}

var (
	bold  = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	blank = regexp.MustCompile(`\n\s*\n+`)
	slash = regexp.MustCompile(`\\([\\*_\[\]()#>~|+\-.!` + "`" + `])`)
)

// plain takes the Markdown out of a text.
func plain(s string) string {
	s = bold.ReplaceAllString(s, "$1")
	s = slash.ReplaceAllString(s, "$1")
	s = blank.ReplaceAllString(strings.TrimSpace(s), "\n")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(strings.TrimLeft(l, "#> "), " ")
	}
	return strings.Join(lines, "\n")
}
