package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// Whether something was done: 海岳的报价发了没, 合同签了吗.
var (
	whetherEnd  = regexp.MustCompile(`([了过])(?:没有?|吗|么)[呀啊呢]?[?？]*$`)
	whetherAsks = regexp.MustCompile(`[了过](?:没有?|吗|么)[呀啊呢]?[?？]*$|([发签付打回到寄给出做送下开定交])没(?:有)?[发签付打回到寄给出做送下开定交]|有没有[发签付打回到寄给出做送下开定交]`)
	whatAbout   = regexp.MustCompile(`报价单?|合同|协议|样品|样机|样本|发票|方案|资料|标书|回款|付款|尾款|首款|首付|定金|货款|款|货|授权|单子|订单|图纸|账单|对账|发货|钱`)
	whoseAbout  = regexp.MustCompile(`^(?:我|我们)?(?:给)?([\p{Han}A-Za-z0-9&（）()·]{2,16}?)(?:那边|那里|家)?的?(?:那个|那份|这个)?$`)
)

const mostWhether = 3 // lines of the history that answer

// whether answers somebody who asks whether something was done, with what the customer's history says about it. Nothing is written, whatever
// else the words could mean. It reports whether text asked that.
func (t *turn) whether(text string, res parse.Result) (bool, error) {
	if !whetherAsks.MatchString(text) || utf8.RuneCountInString(text) > 30 || strings.ContainsAny(text, "，,。；;\n") || reads(res.Actions) {
		return false, nil
	}
	at := whatAbout.FindStringIndex(text)
	if at == nil {
		return false, nil
	}
	what, name := text[at[0]:at[1]], ""
	own := t.ownNames()
	if said := own.in(text); len(said) > 0 {
		name = said[0]
	} else if m := whoseAbout.FindStringSubmatch(text[:at[0]]); m != nil {
		name = m[1]
	}
	if isPronoun(name) {
		name = ""
	}
	if name == "" && t.mind.Focus.Customer.ID == 0 {
		return false, nil
	}
	params := map[string]any{"customer": name}
	if name == "" {
		params["customer"] = fmt.Sprintf("#%d", t.mind.Focus.Customer.ID)
	}
	job := pending{Calls: []action.Call{{Name: "customer.view", Params: mustJSON(params)}}, Text: text}
	if t.message.Group { // what was noted is for the asker alone
		return true, t.run(job, 1)
	}
	out, err := t.do(job, "")
	var v action.CustomerView
	if err != nil || len(out.Results) != 1 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		return true, t.run(job, 1) // it asks which one is meant, or says why not
	}
	rows, err := t.tx.ActivitiesOf(t.ctx, crm.CustomerID(v.ID), 100)
	if err != nil {
		return true, fmt.Errorf("whether: %w", err)
	}
	found := map[string]any{"Name": v.Name, "What": what, "Last": v.LastContact, "Said": asDone(text, name, v.Name, what)}
	words := []string{strings.TrimSuffix(what, "单")}
	if strings.Contains(text, "签") {
		words = append(words, "签了", "签下", "签完", "签订", "赢单") // 标签 and 预计签约 say nothing of it
	}
	if strings.Contains(what, "款") || what == "钱" {
		words = append(words, "款")
	}
	var lines, deals []string
	for _, row := range rows {
		if len(lines) < mostWhether && hasWord(row.Content, words) {
			lines = append(lines, strings.TrimSpace(crm.SayTime(row.At, t.now, t.local().Location())+" "+row.Channel)+"："+cut(row.Content, 60))
		}
	}
	who := telling{teller: t.teller()}
	for _, d := range v.Deals {
		deals = append(deals, strings.TrimSpace(d.Title+" "+d.Stage+" "+who.Money(d.Amount)))
	}
	found["Lines"], found["Deals"] = lines, deals
	t.mind.Focus = out.Focus
	text = "whether_found"
	if len(lines) == 0 {
		text = "whether_none"
	}
	t.say(t.text(text, found))
	t.mind.Plain = true
	t.stillOpen(job)
	return true, nil
}

// asDone is the question as somebody would say that it is done.
func asDone(text, name, customer, what string) string {
	said := crm.BrandName(customer) + what + "发了"
	if whetherEnd.MatchString(text) {
		said = whetherEnd.ReplaceAllString(text, "$1")
		if name == "" {
			said = crm.BrandName(customer) + said
		}
	}
	return said
}
