package bot

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// What people type about working along on a customer (协作). They name a record and a colleague, so these are read here,
// as text twins of buttons, and not by the parser.
var (
	shareAsk    = regexp.MustCompile(`^(?:我)?(?:想|要)?申请协作[\s：:，,]*(.*)$`)
	shareAskEnd = regexp.MustCompile(`^(.+?)[\s，,]*(?:我)?(?:想|要)?申请协作$`)
	shareAnswer = regexp.MustCompile(`^(同意|拒绝)协作\s*([#＃]?\S+)\s+(\S+)$`)
	shareAdd    = []*regexp.Regexp{
		regexp.MustCompile(`^(.+?)的?协作人?(?:加上|添加|增加|加)\s*(\S+)$`),
		regexp.MustCompile(`^(?:给|把)?(.+?)(?:加上|添加|加)\s*(\S+?)(?:作为|成为|为|做|当)的?协作人?$`),
		regexp.MustCompile(`^给(.+?)(?:添加|加)(?:个|一个)?协作人\s*(\S+)$`),
	}
	shareDrop = []*regexp.Regexp{
		regexp.MustCompile(`^(.+?)的?协作人?(?:去掉|移除|移出|删掉|取消)\s*(\S+)$`),
	}
)

// sharing does what a text about working along says. It reports whether text was one.
func (t *turn) sharing(text string) (bool, error) {
	text = strings.TrimRight(text, "。.!！~～ 吧")
	var call action.Call
	switch {
	case shareAnswer.MatchString(text):
		m := shareAnswer.FindStringSubmatch(text)
		name := "customer.share"
		if m[1] == "拒绝" {
			name = "share.deny"
		}
		call = shareCall(name, strings.Replace(m[2], "＃", "#", 1), m[3])
	case shareAsk.MatchString(text):
		customer := shareAsk.FindStringSubmatch(text)[1]
		if customer == "" && t.mind.Wall != nil {
			customer = t.mind.Wall.Name
		}
		call = shareCall("share.ask", customer, "")
	case shareAskEnd.MatchString(text):
		call = shareCall("share.ask", shareAskEnd.FindStringSubmatch(text)[1], "")
	default:
		if !strings.Contains(text, "协作") {
			return false, nil
		}
		for name, forms := range map[string][]*regexp.Regexp{"customer.share": shareAdd, "customer.unshare": shareDrop} {
			for _, form := range forms {
				if m := form.FindStringSubmatch(text); m != nil && call.Name == "" {
					call = shareCall(name, strings.TrimSpace(m[1]), m[2])
				}
			}
		}
	}
	if call.Name == "" {
		return false, nil
	}
	return true, t.run(pending{Calls: []action.Call{call}, Text: text}, 1)
}

// shareCall makes the call; what was not said is absent.
func shareCall(name, customer, to string) action.Call {
	params := map[string]any{}
	for k, v := range map[string]string{"customer": customer, "to": to} {
		if v != "" {
			params[k] = v
		}
	}
	return action.Call{Name: name, Params: mustJSON(params)}
}

// tappedShare answers a colleague who asked to work along: rest is the customer's number, the colleague's, and the
// colleague's name.
func (t *turn) tappedShare(tap *chat.Tap, verb, rest string) error {
	number, rest, _ := strings.Cut(rest, ":")
	who, name, _ := strings.Cut(rest, ":")
	id, err := strconv.ParseInt(who, 10, 64)
	if err != nil || name == "" {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	call := shareCall(map[string]string{"share": "customer.share", "deny": "share.deny"}[verb], "#"+number, name)
	return t.run(pending{
		Calls: []action.Call{call}, Card: tap.Card, Title: t.text("share_title", map[string]any{"Name": name}), Sure: true,
		Chosen: map[string]crm.Ref{"0.to": {Kind: crm.KindUser, ID: id, Name: name}},
	}, 1)
}

// shareCard asks the owner of a customer whether a colleague may work along.
func (b *Bot) shareCard(v newsTelling) *chat.Card {
	key := strconv.FormatInt(v.Number, 10) + ":" + strconv.FormatInt(int64(v.Who), 10) + ":" + v.By
	twin := "协作 #" + strconv.FormatInt(v.Number, 10) + " " + v.By
	return &chat.Card{
		ID: "share-" + short(key+v.Day), Title: b.say("share_card_title", v), Body: b.say("share_card", v),
		Buttons: []chat.Button{
			{Key: "share:" + key, Text: "同意", Style: "primary", Command: "同意" + twin},
			{Key: "deny:" + key, Text: "拒绝", Command: "拒绝" + twin},
		},
	}
}

// untag matches orders that take tags off.
var untag = regexp.MustCompile(`(?:去掉|去除|取消|删掉|删除|移除|摘掉|摘除|撕掉|不要)[^，,。；;]{0,12}(?:标签|tag)|(?:标签|tag)[^，,。；;]{0,12}(?:去掉|去除|取消|删掉|删除|移除|摘掉|摘除|撕掉)`)

// untagged turns a customer.tag that was said to take tags off the right way round; the parser reads which tags.
// It is nil for anything else.
func untagged(text string, calls []action.Call) []action.Call {
	if len(calls) != 1 || calls[0].Name != "customer.tag" || !untag.MatchString(text) {
		return nil
	}
	params := map[string]any{}
	if json.Unmarshal(calls[0].Params, &params) != nil || params["remove"] != nil {
		return nil
	}
	params["remove"] = params["tags"]
	delete(params, "tags")
	return []action.Call{{Name: calls[0].Name, Params: mustJSON(params)}}
}
