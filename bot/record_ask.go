package bot

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

var (
	asksWays   = regexp.MustCompile(`^(请问)?(我)?(怎么|怎样|如何|咋)(转发|转|发|传|导入|导|上传|记|存)(你|给你|给机器人)?(聊天|微信聊天|微信|客户)?(的)?(聊天)?记录|聊天记录(怎么|怎样|如何|咋)`)
	asksLast   = regexp.MustCompile(`^(看看|看|打开|查|找|翻)?(一下)?(我)?(最近|刚才|上次|上一份|最后|没记完|没确认|待确认|待处理)(转|发|转发|那份|一份)*(的)?(那份|一份)?聊天记录[。?？]?$`)
	asksView   = regexp.MustCompile(`^(?:请|帮我)?(?:看看|看一下|看下|看|查看|查一下|查|打开|翻一下|翻翻|翻|调出)(.*?)(?:的|和我们的)?聊天记录(?:原文)?\s*(?:#?([0-9]{4,12}))?[。?？!！]?$`)
	asksFind   = regexp.MustCompile(`^(?:在)?(.*?)(?:的)?(?:聊天记录|聊天)(?:里|中|里面)(?:找一下|找找|找|搜一下|搜|查一下|查|提到过|提到|说到过|说到|说过|有没有提到|有没有说|有没有)\s*(.+?)[。?？]?$`)
	asksSearch = regexp.MustCompile(`^(?:找|搜|搜索|查)(?:一下)?聊天记录(?:里|中)?[:：]?\s*(.+?)[。?？]?$`)
	asksWho    = regexp.MustCompile(`^(?:谁|哪个客户|哪些客户|哪家|哪几家)(?:在聊天记录里|聊天记录里|在聊天里|聊天里|聊天时|聊天)(?:提到过|提到|说到|说过|问过|问到)\s*(.+?)[。?？]?$`)
)

// askedRecord answers questions about chat records: how to hand one over, the last one, what one says, which one says it.
func (t *turn) askedRecord(text string) (handled bool, err error) {
	if !strings.Contains(text, "聊天") && !strings.Contains(text, "记录") || strings.Contains(text, "\n") || len([]rune(text)) > 60 {
		return false, nil
	}
	text = strings.TrimSpace(text)
	if asksWays.MatchString(text) {
		t.waysCard("record_ways_head")
		return true, nil
	}
	if asksLast.MatchString(text) {
		return true, t.lastRecord()
	}
	params := map[string]any{}
	name := "record.find"
	if m := asksSearch.FindStringSubmatch(text); m != nil {
		params["query"] = m[1]
	} else if m := asksWho.FindStringSubmatch(text); m != nil {
		params["query"] = m[1]
	} else if m := asksFind.FindStringSubmatch(text); m != nil {
		params["customer"], params["query"] = strings.TrimSpace(m[1]), m[2]
	} else if m := asksView.FindStringSubmatch(text); m != nil {
		name = "record.view"
		params["customer"] = strings.TrimSpace(strings.TrimSuffix(m[1], "的"))
		if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			params["record"] = n
		}
	} else {
		return false, nil
	}
	if who, _ := params["customer"].(string); who == "" || who == "我" || who == "这个" || who == "这家" || who == "他" || who == "她" {
		delete(params, "customer")
	}
	return true, t.run(pending{Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Text: text, Sure: true}, 1)
}

// lastRecord shows the draft of the newest record that was not recorded, else the newest one that was.
func (t *turn) lastRecord() error {
	row, err := t.tx.LastDraft(t.ctx)
	if errors.Is(err, crm.ErrNotFound) {
		return t.run(pending{Calls: []action.Call{{Name: "record.view", Params: mustJSON(map[string]any{})}}, Focus: &action.Focus{}, Sure: true}, 1)
	}
	if err != nil {
		return err
	}
	if d := t.mind.record(t.now); d != nil && d.ID == row.ID && d.Customer != (crm.Ref{}) {
		return t.askedAnew(t.showDraft(*d))
	}
	return t.placeRecord(recordDraft{ID: row.ID}, row.Draft, "")
}

// waysCard shows the ways in which a chat record reaches the bot, after a sentence that says why.
func (t *turn) waysCard(head string) {
	view := map[string]any{"Platform": t.message.Platform, "Group": t.message.Group}
	view["Head"] = t.text(head, view)
	body := t.text("record_ways", view)
	t.reply(chat.Reply{Text: body, Card: &chat.Card{ID: t.cardID("w"), Title: t.text("record_ways_title", nil), Body: body, State: chat.Done}})
}

// forwardNames are in the names that platforms give to a forwarded record which they do not hand over.
var forwardNames = regexp.MustCompile(`(?i)record|merge|forward|chat_?log|history|unknown`)
