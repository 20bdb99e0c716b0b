package bot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// What people type about a ticket that exists: its number, or its place in the last list, and a verb on either side of it.
// They are the text twins of a card's buttons, and are read here because what a number names is known only to the store.
var (
	ticketNumber = regexp.MustCompile(`(?:工单|单子|单号|ticket)?\s*(?:第)?[#＃]?([0-9]{4,12})\s*(?:号)?(?:的)?(?:工单|单子|投诉|报修)?`)
	ticketPlace  = regexp.MustCompile(`^(\D{0,6}?)\s*第?([0-9]{1,2}|[一二三四五六七八九十])(?:张|个|条|号)?(?:工单)?(?:\s+|$)(.*)$`)
	thisTicket   = regexp.MustCompile(`^(?:把|将|给)?(?:(?:这|那|该|刚才那|刚才的|上一)(?:个|张|条)?(?:工单|单子|投诉)|(?:这|那)张)`)

	freeTickets = regexp.MustCompile(`^(?:看看|看|列出|查)?(?:还有)?(?:哪些)?(?:待领取|没人领|未领取|没人接|没人处理|未分配|待认领|公共)的?(?:投诉|故障)?工单(?:有哪些|列表|清单)?$`)

	sayTake     = regexp.MustCompile(`^(?:把)?(?:我来|由我|让我|我)?(?:来)?(?:处理|接手|接单|接了?|跟进|跟|负责|领取|认领|领|拿)(?:一下|这张|了)?$|^(?:归我|交给我|给我|我来|我的)$`)
	sayView     = regexp.MustCompile(`^(?:帮我|请)?(?:看看|看一下|看下|看|查看|打开|查一下|查查|查)?(?:详情|经过|进展|情况|状态)?(?:现在)?(?:到哪了|怎么样了?|什么情况|处理得怎么样了?|处理到哪了?|解决了吗|好了吗)?$`)
	sayCustomer = regexp.MustCompile(`^(?:查看|看看|看一下|看)?(?:的)?客户(?:资料|信息)?$`)
	sayGive     = regexp.MustCompile(`^(?:把)?(?:转交|转派|改派|移交|分派|分给|派给|交给|指派|转给|转到|转|派|让|由)(?:给)?\s*([^，,：:；;。\s]{0,10}?)(?:来|去)?(?:处理|跟进|负责|接手)?(?:一下)?$`)
	sayHandoff  = regexp.MustCompile(`^(?:转给?|转到|请|让|找|叫|要|需要|协办|协助)\s*(\S{2,8}?)[，,：:；;\s]+(.+)$`)
	sayAsk      = regexp.MustCompile(`^(?:请|让|找|叫|需要|转给|转到|转)\s*(.+)$`)
	sayGiveWhy  = regexp.MustCompile(`^(?:把)?(?:转交|转派|改派|移交|交给|指派|转给|转到|转|派给)(?:给)?\s*([^，,：:；;。\s\d]{2,8})[，,：:；;\s]+(\S.{1,100})$`)
	sayReply    = regexp.MustCompile(`^(?:回复|答复|告诉|告知|通知|回)(?:一下|客户|对方|他们|他|她|说|一声)*[：:，,\s]*(.*)$`)
	sayNote     = regexp.MustCompile(`^(?:加|写|记)?(?:个|一条|一下)?(?:内部)?(?:备注|留言)(?:一下)?[：:，,\s]*(.*)$|^[!！]\s*(.+)$`)
	sayWait     = regexp.MustCompile(`^(?:在|先)?(?:等|等待)(?:一下)?(?:客户|对方|他们|他|她)(?:的)?(?:回复|答复|回话|消息|确认|反馈|寄回|寄件)?(?:吧|了)?$|^(?:先)?(?:挂起|暂停)(?:吧)?$`)
	sayClose    = regexp.MustCompile(`^(?:已经|已|可以|先)?(?:关闭|关掉|关单|关了|关|结单|结案|结了|办结|完结|销单|解决了|解决|搞定了|搞定|处理完了|处理完|处理好了|处理好|修好了|弄好了|完成了)(?:吧|了|掉)*[：:，,\s]*(.*)$`)
	sayReopen   = regexp.MustCompile(`^(?:重开|重新打开|重新处理|再打开|重启|恢复处理)(?:一下)?[：:，,\s]*(.*)$`)
	sayEscalate = regexp.MustCompile(`^(?:上报|升级)(?:一下)?(?:(?:给|到)?\s*([^，,：:；;\s]{1,8}))?(?:[，,：:；;\s]+(.+))?$`)
	saySplit    = regexp.MustCompile(`^(?:拆分|拆出|拆|分出)(?:一张|一个|来)?[：:，,\s]*(.*)$`)
	sayUpdate   = regexp.MustCompile(`^(?:的)?(?:优先级|类型|级别)?(?:改成|改为|改到|设为|设成|调成|调到|标为|标成|标记为|标|加|算|是|改)?\s*(紧急|加急|高|普通|低|咨询|投诉|故障|退换|维修|其他)(?:优先级|工单)?$`)
	sayWhose    = regexp.MustCompile(`^(?:的)?客户(?:是|改成|改为|改)\s*(.+)$|^是(.+)的$`)
	sayMerge    = regexp.MustCompile(`^(?:把)?\s*(?:合并|并|合)?\s*[#＃]?([0-9]{4,12})\s*(?:号)?(?:工单)?\s*(和|跟|与|并到|并入|合并到|合到|到|并进)\s*[#＃]?([0-9]{4,12})\s*(?:号)?(?:工单)?(?:合并|合在一起|是一回事|是同一个问题|是同一件事|是一个问题|重复了?|里|中)?(?:吧|了)?$`)
)

// bareTake, bareShow and so on are said without a number, of the ticket that was last spoken of, quoted or shown.
var (
	bareTake  = regexp.MustCompile(`^(?:我来处理|我来接手?|我来跟(?:进)?|我来|我接手?了?|我处理|接手|领取|认领|这个我来)(?:一下|吧)?$`)
	bareGive  = regexp.MustCompile(`^(?:转交|转派|改派|移交|转给|转)(?:给)?\s*\S{2,10}$`)
	bareShow  = regexp.MustCompile(`^(?:看经过|看进展|(?:工单)?(?:现在)?(?:进展|处理)(?:得)?(?:怎么样了?|到哪了?)|看看?工单)$`)
	bareTell  = regexp.MustCompile(`^(?:回复|答复|告诉|告知|回)(?:客户|对方|他们|他|她|TA)(?:说|一声)?[：:，,\s]*\S`)
	bareNote  = regexp.MustCompile(`^(?:内部)?备注[：:，,\s]*\S`)
	bareClose = regexp.MustCompile(`^(?:可以|先)?(?:关了|关掉|关单|关闭|结单|结案|办结)(?:吧|了|掉)*(?:[：:，,\s]+.+)?$|^(?:已经|已)?(?:解决了|修好了|处理好了)(?:吧)?(?:[：:，,\s]+.+)?$`)
)

// ticketSaid does what a text says about a ticket. It reports whether text was about one.
func (t *turn) ticketSaid(text string, about quoted, job *pending) (bool, error) {
	if handled, err := t.ticketAnswered(text, job); handled || err != nil {
		return handled, err
	}
	text = strings.TrimRight(text, "。.~～ ")
	if n := utf8.RuneCountInString(text); n < 1 || n > 1000 {
		return false, nil
	}
	if handled, err := t.cannedSaid(text); handled || err != nil {
		return handled, err
	}
	if freeTickets.MatchString(text) {
		return true, t.run(pending{Calls: []action.Call{{Name: "ticket.list", Params: mustJSON(map[string]any{"free": true})}}, Text: text}, 1)
	}
	if m := sayMerge.FindStringSubmatch(text); m != nil {
		return t.ticketMerged(m[1], m[3], text)
	}
	if at := ticketNumber.FindStringSubmatchIndex(text); at != nil && utf8.RuneCountInString(text[:at[0]]) <= 8 {
		rest := strings.TrimSpace(text[:at[0]] + " " + strings.TrimSpace(text[at[1]:]))
		rest = strings.TrimLeft(rest, "，,：: ")
		if id, err := strconv.ParseInt(text[at[2]:at[3]], 10, 64); err == nil {
			return t.ticketOrder(id, rest, text)
		}
	}
	if m := ticketPlace.FindStringSubmatch(text); m != nil && len(t.mind.List) > 0 && t.mind.List[0].Kind == crm.KindTicket {
		if rows, ok := pickRows(t.mind.List, "第"+m[2]+"个"); ok && (m[1] != "" || m[3] != "") {
			list := t.mind.List
			handled, err := t.ticketOrder(rows[0].ID, strings.TrimSpace(m[1]+" "+m[3]), text)
			t.mind.List = list
			return handled, err
		}
	}
	if m := ticketPlace.FindStringSubmatch(text); m != nil && (len(t.mind.List) == 0 || t.mind.List[0].Kind != crm.KindTicket) && t.mind.Focus.Ticket.ID != 0 && (m[2] == "1" || m[2] == "一") && m[1] != "" && sayView.MatchString(m[1]) {
		return t.ticketOrder(t.mind.Focus.Ticket.ID, m[1], text) // the one that is shown
	}
	return t.ticketSpokenOf(text, about, job)
}

// ticketSpokenOf does what is said without a number of the ticket that is quoted, was last spoken of, or was shown last.
func (t *turn) ticketSpokenOf(text string, about quoted, job *pending) (bool, error) {
	if about.Record != 0 && t.mind.Focus.Ticket.ID == about.Record {
		if _, ok := t.ticketVerb(text); ok {
			return t.ticketOrder(about.Record, text, text)
		}
		return true, t.replyOrNote(about.Record, text)
	}
	if job != nil && !(job.Kind == "confirm" && t.mind.Focus.Ticket.ID != 0 && t.spokenOfTicket(text) && !bareClose.MatchString(text)) {
		return false, nil // 关闭 may mean the card that waits
	}
	rest := text
	if at := thisTicket.FindString(text); at != "" {
		rest = strings.TrimSpace(strings.TrimPrefix(text, at))
	} else if !bareTake.MatchString(text) && !(t.mind.Focus.Ticket.ID != 0 && t.spokenOfTicket(text)) {
		return false, nil
	}
	if id := t.mind.Focus.Ticket.ID; id != 0 {
		return t.ticketOrder(id, rest, text)
	}
	return t.ticketShown(rest, text)
}

// spokenOfTicket tells whether text is a verb of tickets when one was last spoken of.
func (t *turn) spokenOfTicket(text string) bool {
	if !t.fresh() && len(t.mind.List) == 0 {
		return false
	}
	for _, form := range []*regexp.Regexp{bareGive, bareShow, bareTell, bareNote, bareClose, sayWait, sayReopen, sayEscalate, saySplit} {
		if form.MatchString(text) {
			return true
		}
	}
	if m := sayHandoff.FindStringSubmatch(text); m != nil && t.isDepartment(m[1]) {
		return true
	}
	_, _, ok := t.departmentAhead(text)
	return ok
}

// ticketShown does what is said of the ticket whose card was pushed lately; several make the person choose.
func (t *turn) ticketShown(rest, text string) (bool, error) {
	v, ok := t.ticketVerb(rest)
	if !ok || v.free {
		return false, nil
	}
	ids, err := t.tx.TicketsShown(t.ctx, t.now.Add(-shownFor))
	if err != nil || len(ids) == 0 {
		return false, err
	}
	if len(ids) == 1 {
		return t.ticketOrder(ids[0], rest, text)
	}
	var options []action.Option
	for _, id := range ids {
		row, err := t.tx.TicketByID(t.ctx, crm.TicketID(id))
		if errors.Is(err, crm.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("tickets shown: %w", err)
		}
		options = append(options, action.Option{Ref: crm.Ref{Kind: crm.KindTicket, ID: id, Name: fmt.Sprintf("#%d %s", id, cut(row.Content, 12))}, Detail: row.Customer})
	}
	if len(options) == 0 {
		return false, nil
	}
	job := pending{Calls: []action.Call{{Name: v.action, Params: mustJSON(v.params)}}, Text: text}
	return true, t.askWhich(job, &action.Pick{Slot: "0.ticket", Param: "ticket", Said: rest, Options: options})
}

// mostNumber is the longest number that an unknown ticket may have; what is longer is no record's.
const mostNumber = 999_999

// shownFor is how long a bare 「我来处理」 means the ticket whose card was pushed.
const shownFor = 2 * 60 * 60 * 1e9 // two hours

// ticketVerb is what a text wants done with a ticket.
type ticketVerb struct {
	action string
	params map[string]any
	ask    string // the parameter that has to be asked for
	free   bool   // it goes to the customer, or is for colleagues: never guessed which ticket it is about
}

// ticketVerb reads the words beside a ticket's number.
func (t *turn) ticketVerb(said string) (v ticketVerb, ok bool) {
	said = strings.TrimSpace(strings.TrimRight(said, "吧啊呀哈！!"))
	v.params = map[string]any{}
	text := func(action, param string, m []string) (ticketVerb, bool) {
		v.action = action
		for _, s := range m[1:] {
			if s = strings.TrimSpace(s); s != "" {
				v.params[param] = s
			}
		}
		return v, true
	}
	switch {
	case sayTake.MatchString(said):
		v.action = "ticket.take"
		return v, true
	case sayCustomer.MatchString(said):
		v.action = "customer.view"
		return v, true
	case sayView.MatchString(said):
		v.action = "ticket.view"
		return v, true
	case sayWait.MatchString(said):
		v.action = "ticket.wait"
		return v, true
	}
	if m := sayUpdate.FindStringSubmatch(said); m != nil {
		v.action = "ticket.update"
		param := "kind"
		if slices.Contains([]string{"紧急", "加急", "高", "普通", "低"}, m[1]) {
			param = "priority"
		}
		v.params[param] = m[1]
		return v, true
	}
	if m := sayWhose.FindStringSubmatch(said); m != nil {
		return text("ticket.update", "customer", m)
	}
	if m := sayNote.FindStringSubmatch(said); m != nil {
		v.ask, v.free = "content", true
		return text("ticket.note", "content", m)
	}
	if m := sayReopen.FindStringSubmatch(said); m != nil {
		return text("ticket.reopen", "reason", m)
	}
	if m := saySplit.FindStringSubmatch(said); m != nil {
		v.ask, v.free = "content", true
		return text("ticket.split", "content", m)
	}
	if m := sayReply.FindStringSubmatch(said); m != nil {
		v.ask, v.free = "content", true
		return text("ticket.reply", "content", m)
	}
	if m := sayClose.FindStringSubmatch(said); m != nil {
		return text("ticket.close", "resolution", m)
	}
	if m := sayEscalate.FindStringSubmatch(said); m != nil {
		v.action = "ticket.escalate"
		for i, p := range []string{"to", "reason"} {
			if m[i+1] != "" {
				v.params[p] = m[i+1]
			}
		}
		return v, true
	}
	if m := sayHandoff.FindStringSubmatch(said); m != nil && t.isDepartment(m[1]) {
		v.action, v.params["to"], v.params["content"] = "ticket.handoff", m[1], strings.TrimSpace(m[2])
		return v, true
	}
	whole := sayGive.FindStringSubmatch(said) // 转给研发部处理 is all of it
	if to, content, ahead := t.departmentAhead(said); ahead && (whole == nil || !t.isDepartment(whole[1])) {
		v.action, v.params["to"], v.params["content"] = "ticket.handoff", to, content
		return v, true
	}
	if whole != nil {
		v.ask = "assignee"
		return text("ticket.assign", "assignee", whole)
	}
	if m := sayGiveWhy.FindStringSubmatch(said); m != nil {
		v.action, v.params["assignee"], v.params["reason"] = "ticket.assign", m[1], strings.TrimSpace(m[2])
		return v, true
	}
	return v, false
}

// departmentAhead reads 「请研发查一下驱动」: a department at the head of what it shall do.
func (t *turn) departmentAhead(said string) (to, content string, ok bool) {
	m := sayAsk.FindStringSubmatch(said)
	if m == nil {
		return "", "", false
	}
	rest := []rune(m[1])
	for n := min(8, len(rest)-2); n >= 2; n-- {
		if head := string(rest[:n]); t.isDepartment(head) {
			content = strings.TrimLeft(string(rest[n:]), "协助配合帮忙来去一下，,：: ")
			return head, strings.TrimSpace(content), utf8.RuneCountInString(content) >= 2
		}
	}
	return "", "", false
}

// isDepartment tells whether said is a department that work is handed to, by the pack's name or the company's.
func (t *turn) isDepartment(said string) bool {
	said = strings.TrimSpace(said)
	if utf8.RuneCountInString(strings.TrimSuffix(said, "部")) < 2 {
		return false
	}
	if rules, err := t.bot.actions.ServiceRules(t.ctx, t.tx); err == nil {
		if _, ok := rules.Department(said); ok {
			return true
		}
	}
	teams, err := t.tx.Departments(t.ctx)
	if err != nil {
		return false // the transaction is lost with it and says so at its next statement
	}
	name := strings.TrimSuffix(said, "部")
	for _, d := range teams {
		if strings.TrimSuffix(d.Name, "部") == name {
			return true
		}
	}
	return false
}

// ticketOrder does what rest says with the ticket of that number. It reports false when the number is no ticket's, or rest no
// order about one.
func (t *turn) ticketOrder(id int64, rest, text string) (bool, error) {
	v, ok := t.ticketVerb(rest)
	if !ok {
		return false, nil
	}
	is, err := t.tx.WhatIs(t.ctx, id)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		if id > mostNumber || rest == "" && !strings.Contains(text, "工单") {
			return false, nil // a telephone, a year, a price
		}
		t.say(t.text("ticket_unknown", map[string]any{"ID": id}))
		return true, nil
	case err != nil:
		return false, fmt.Errorf("ticket: %w", err)
	case is.Kind != crm.KindTicket:
		return false, nil
	}
	return true, t.ticketDo(id, v, text)
}

// ticketDo runs what v says with a ticket.
func (t *turn) ticketDo(id int64, v ticketVerb, text string) error {
	if v.action == "customer.view" {
		row, err := t.tx.TicketByID(t.ctx, crm.TicketID(id))
		if err != nil || row.CustomerID == 0 {
			t.say(t.text("ticket_no_customer", map[string]any{"ID": id}))
			return nil
		}
		ticket := t.mind.Focus.Ticket
		if ticket.ID != id {
			ticket = crm.Ref{Kind: crm.KindTicket, ID: id}
		}
		err = t.run(pending{Calls: []action.Call{{Name: v.action, Params: mustJSON(map[string]any{"customer": fmt.Sprintf("#%d", row.CustomerID)})}}, Text: text}, 1)
		t.mind.Focus.Ticket = ticket
		return err
	}
	v.params["ticket"] = id
	job := pending{Calls: []action.Call{{Name: v.action, Params: mustJSON(v.params)}}, Text: text}
	if v.ask != "" && v.params[v.ask] == nil {
		return t.askTicket(job, id, v.ask)
	}
	return t.run(job, 1)
}

// ticketMerged merges two tickets that are named by their numbers.
func (t *turn) ticketMerged(one, other, text string) (bool, error) {
	var ids [2]int64
	for i, s := range []string{one, other} {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return false, nil
		}
		is, err := t.tx.WhatIs(t.ctx, id)
		if errors.Is(err, crm.ErrNotFound) || err == nil && is.Kind != crm.KindTicket {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("merge: %w", err)
		}
		ids[i] = id
	}
	if !strings.ContainsAny(text, "到入进") { // which into which was not said: the later into the earlier
		ids[0], ids[1] = max(ids[0], ids[1]), min(ids[0], ids[1])
	}
	return true, t.run(pending{Calls: []action.Call{{Name: "ticket.merge", Params: mustJSON(map[string]any{"ticket": ids[0], "into": ids[1]})}}, Text: text}, 1)
}

// readsSurely tells whether text is a look-up that nobody would send to a customer.
func (t *turn) readsSurely(res parse.Result) bool {
	return len(res.Problems) == 0 && res.Confidence >= sureEnough && reads(res.Actions)
}
