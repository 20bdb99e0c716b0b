package bot

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/bot/knowledge"
	"gendan/crm"
	"gendan/crm/action"
)

// What people type about the knowledge base: a few fixed shapes, since questions and answers are free text that no grammar
// should read.
var (
	sayLearn       = regexp.MustCompile(`^(?:请|麻烦)?(?:帮我)?(?:把|将)?(?:这个|这条|刚才的|刚才那个|我的|上面的|上一条|这)?(?:回答|回复|答复|答案|话)?(?:也)?(?:存|加|收|放|记|保存|收录|添加|沉淀)(?:到|进|入|为|成)(?:去)?(?:知识库?|问答库?|FAQ|faq)(?:里|中|吧|了|去)*[。.!！]?$`)
	sayArticleNew  = regexp.MustCompile(`(?s)^(?:新建|新增|添加|加|记)(?:一条|个)?(知识|问答|话术|案例|产品资料|产品知识)[：:，,\s]*(?:问题?[：:\s]+)?(.+?)[\s。；;，,]*(?:\n|\s|^|[。；;，,])(?:答案?|回答)[：:\s]+(.+)$`)
	sayArticleList = regexp.MustCompile(`^(?:看看|看|列出|查看|打开)?(?:我们的|公司的)?(?:知识库?|问答库)(?:的)?(草稿|待确认)?(?:列表|清单|里有什么|有哪些|有什么)?$`)
	sayDrafts      = regexp.MustCompile(`^(?:看看|看|列出)?(?:有哪些)?(?:待确认|草稿|没确认)的?知识(?:有哪些)?$`)
	sayArticleDo   = regexp.MustCompile(`(?s)^(确认|通过|删除|删掉|去掉)\s*知识\s*[#＃]?([0-9]{4,12})$|^知识\s*[#＃]?([0-9]{4,12})\s*(?:的)?\s*(确认|通过|删除|删掉|(?:(问题|回答|答案)(?:改成|改为|换成)|(?:加|去掉|删掉)(?:个|一个|这个)?问法)[：:，,\s]*(.+))$`)
	sayArticleUse  = regexp.MustCompile(`^(?:就)?(?:直接)?用\s*(?:知识\s*[#＃]?|[#＃])\s*([0-9]{4,12})\s*(?:来|去)?\s*(?:回复|回答|答复)\s*(?:客户|他|她|TA|ta|工单)?\s*[#＃]?([0-9]{4,12})?[。.!！]?$`)
)

// librarySaid does what a text says about the knowledge base. It reports whether text was about it.
func (t *turn) librarySaid(text string) (bool, error) {
	text = strings.TrimSpace(text)
	do := func(name string, params map[string]any) (bool, error) {
		return true, t.run(pending{Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Text: text}, 1)
	}
	if sayLearn.MatchString(text) {
		params := map[string]any{}
		if id := t.mind.Focus.Ticket.ID; id != 0 {
			params["ticket"] = id
		}
		return do("article.create", params)
	}
	if m := sayArticleNew.FindStringSubmatch(text); m != nil {
		kind := map[string]string{"知识": "问答", "产品资料": "产品", "产品知识": "产品"}[m[1]]
		if kind == "" {
			kind = m[1]
		}
		return do("article.create", map[string]any{"question": m[2], "answer": m[3], "kind": kind})
	}
	if m := sayArticleUse.FindStringSubmatch(text); m != nil {
		return t.articleReply(m[1], m[2], do)
	}
	if m := sayArticleList.FindStringSubmatch(text); m != nil {
		params := map[string]any{}
		if m[1] != "" {
			params["state"] = "草稿"
		}
		return do("article.list", params)
	}
	if sayDrafts.MatchString(text) {
		return do("article.list", map[string]any{"state": "草稿"})
	}
	if m := sayArticleDo.FindStringSubmatch(text); m != nil {
		return t.articleOrder(m[1]+m[4], m[2]+m[3], m[5], m[6], do)
	}
	return false, nil
}

// articleOrder does what is said of one article by its number.
func (t *turn) articleOrder(verb, number, field, value string, do func(string, map[string]any) (bool, error)) (bool, error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return false, nil
	}
	params := map[string]any{"article": id}
	switch {
	case verb == "确认" || verb == "通过":
		return do("article.confirm", params)
	case verb == "删除" || verb == "删掉" || verb == "去掉":
		return do("article.remove", params)
	case field == "问题":
		params["question"] = value
	case field != "":
		params["answer"] = value
	case strings.HasPrefix(verb, "去掉") || strings.HasPrefix(verb, "删掉"):
		return do("article.unlearn", map[string]any{"article": id, "question": value})
	default:
		params["similar"] = knowledge.Similar(value)
	}
	return do("article.update", params)
}

// articleReply answers the customer of a ticket, or of the one that is spoken of, with an article.
func (t *turn) articleReply(article, ticket string, do func(string, map[string]any) (bool, error)) (bool, error) {
	id, err := strconv.ParseInt(article, 10, 64)
	if err != nil {
		return false, nil
	}
	params := map[string]any{"article": id}
	if n, err := strconv.ParseInt(ticket, 10, 64); err == nil {
		params["ticket"] = n
	} else if n := t.mind.Focus.Ticket.ID; n != 0 {
		params["ticket"] = n
	}
	return do("ticket.reply", params)
}

// articleIn is the article that a write has written.
func articleIn(r action.Result) (a action.ArticleView, ok bool) {
	return a, strings.HasPrefix(r.Name, "article.") && json.Unmarshal(r.Data, &a) == nil && a.ID != 0
}

// learnButtons go on the receipt of an answer to a customer, which may become an article, and of a draft, which a tap
// confirms.
func learnButtons(who crm.Actor, results []action.Result) []chat.Button {
	if len(results) != 1 || who.CheckDeed(crm.WriteArticle) != nil {
		return nil
	}
	if a, ok := articleIn(results[0]); ok && results[0].Name != "article.remove" && a.State == crm.ArticleDraft {
		say := "确认知识 #" + strconv.FormatInt(int64(a.ID), 10)
		return []chat.Button{{Key: "run:" + say, Text: "确认", Style: "primary", Command: say}}
	}
	if results[0].Name == "ticket.reply" {
		return []chat.Button{{Key: "run:存为知识", Text: "存为知识", Command: "存为知识"}}
	}
	return nil
}
