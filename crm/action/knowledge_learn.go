package action

import (
	"context"
	"fmt"
	"slices"

	"gendan/crm"
)

// ArticleLearn keeps a customer's words as a way in which an article is asked for. What would tell others of this customer,
// what says nothing, and what is known is not kept; only a colleague who says so is told why.
type ArticleLearn struct {
	Article  crm.ArticleID `json:"article" doc:"*知识编号"`
	Question string        `json:"question" doc:"*客户的问法"`
	Source   string        `json:"source,omitempty" doc:"怎么知道的：tap 客户点选、helped 客户说有帮助、reply 同事用它回复、空 同事说的"`
	Ticket   crm.TicketID  `json:"ticket,omitempty" doc:"哪张工单里问的"`
}

// wordingSources are how a wording was learned, beside "said": by a colleague who said so.
var wordingSources = []string{"tap", "helped", "reply", "unsolved"}

func articleLearn(ctx context.Context, r *run, p *ArticleLearn) (*Result, error) {
	a, err := r.article(ctx, p.Article)
	if err != nil {
		return nil, err
	}
	names, err := r.namesOn(ctx, p.Ticket)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: articleRef(a)}
	source := p.Source
	if !slices.Contains(wordingSources, source) {
		source = "said"
	}
	why := r.learn(a, p.Question, source, names, res)
	if why != "" && source == "said" {
		return nil, crm.Refuse(crm.ErrInvalid, "这个问法没有加：%s。", why)
	}
	return view(res, articleView(a))
}

func articleRef(a crm.Article) crm.Ref {
	return crm.Ref{Kind: crm.KindArticle, ID: int64(a.ID), Name: a.Title()}
}

// learn keeps question as a way of asking a when the change is made, or tells why not.
func (r *run) learn(a crm.Article, question, source string, names []string, res *Result) (why string) {
	words := crm.Wording(question)
	written, learned := a.Asked(words)
	switch {
	case a.State != crm.ArticleConfirmed || a.Kind != "问答" && a.Kind != "产品":
		return "这条知识不回答客户"
	case a.Question == "":
		return "这是一段资料，没有问题可问"
	case words == "":
		return "太短或太长"
	case written || learned:
		return "已经有了"
	}
	if held := crm.PrivateQuestion(words, names...); held != "" {
		return "里面有" + held
	}
	if r.x.library != nil && !r.x.library.Teachable(words) {
		return "没有说是什么事"
	}
	ref := articleRef(a)
	res.Changes = append(res.Changes, Change{Record: ref, Field: "学到的问法", New: words})
	r.then(func(ctx context.Context) error {
		fresh, err := r.tx.LearnWording(ctx, a.ID, words, source, false)
		if err != nil || !fresh {
			return err
		}
		r.audit("article.learn", ref, []Change{{Record: ref, Field: "学到的问法", New: words}})
		return nil
	})
	return ""
}

// namesOn are the names of the customer of a ticket, which nothing that is learned may hold.
func (r *run) namesOn(ctx context.Context, id crm.TicketID) ([]string, error) {
	if id == 0 {
		return nil, nil
	}
	t, err := r.tx.TicketByID(ctx, id)
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ticket %d: %w", id, err)
	}
	names := []string{t.Customer, t.Contact}
	if t.GuestID != 0 {
		g, err := r.tx.Guest(ctx, t.GuestID)
		if err != nil && !notFound(err) {
			return nil, err
		}
		names = append(names, g.Name)
	}
	return names, nil
}

// articleUnlearn keeps a customer's words as a question that an article does not answer.
func articleUnlearn(ctx context.Context, r *run, p *ArticleLearn) (*Result, error) {
	a, err := r.article(ctx, p.Article)
	if err != nil {
		return nil, err
	}
	words, said := crm.Wording(p.Question), !slices.Contains(wordingSources, p.Source)
	written, learned := a.Asked(words)
	res := &Result{Record: articleRef(a)}
	switch {
	case said && written && crm.Fold(words) != crm.Fold(a.Question):
		b := a
		b.Similar = slices.DeleteFunc(slices.Clone(a.Similar), func(s string) bool { return crm.Fold(s) == crm.Fold(words) })
		return r.articleChanged(a, b, "article.unlearn", nil)
	case said && !learned:
		return nil, crm.Refuse(crm.ErrNotFound, "知识 #%d 没有「%s」这个问法。它有：%s。", a.ID, p.Question, sayWordings(a))
	case words == "" || written || crm.PrivateQuestion(words) != "": // what a colleague has written one customer does not take away
		return view(res, articleView(a))
	}
	source := p.Source
	if said {
		source = "said"
	}
	ref := res.Record
	res.Changes = []Change{{Record: ref, Field: "不再算它的问法", Old: words}}
	r.then(func(ctx context.Context) error {
		fresh, err := r.tx.LearnWording(ctx, a.ID, words, source, true)
		if err != nil || !fresh {
			return err
		}
		r.audit("article.unlearn", ref, res.Changes)
		return nil
	})
	return view(res, articleView(a))
}

// sayWordings are the ways of asking an article that can be taken away.
func sayWordings(a crm.Article) string {
	all := append(slices.Clone(a.Similar), a.Learned...)
	if len(all) == 0 {
		return "还没有别的问法"
	}
	s := ""
	for i, w := range all[max(0, len(all)-8):] {
		if i > 0 {
			s += "、"
		}
		s += "「" + w + "」"
	}
	return s
}

// answerWith makes a reply of an article for the customer of a ticket, and learns how they asked.
func (r *run) answerWith(ctx context.Context, id crm.ArticleID, t *ticket, res *Result) (content string, err error) {
	a, err := r.article(ctx, id)
	if err != nil {
		return "", err
	}
	if a.State != crm.ArticleConfirmed || a.Kind != "问答" && a.Kind != "产品" {
		return "", crm.Refuse(crm.ErrInvalid, "知识 #%d「%s」是%s，不能直接发给客户。", a.ID, a.Title(), articleWhat(a))
	}
	return a.Answer, r.learnFrom(ctx, a, t, res)
}

func articleWhat(a crm.Article) string {
	if a.State != crm.ArticleConfirmed {
		return "还没确认的草稿"
	}
	return a.Kind
}

// learnFrom learns of a what the customer of t has asked last that says anything. Whoever may not write the knowledge base
// teaches it nothing.
func (r *run) learnFrom(ctx context.Context, a crm.Article, t *ticket, res *Result) error {
	if r.req.Actor.CheckDeed(crm.WriteArticle) != nil {
		return nil
	}
	asked, err := r.tx.LastAsked(ctx, t.Ticket.ID, t.Content)
	if err != nil {
		return err
	}
	names, err := r.namesOn(ctx, t.Ticket.ID)
	if err != nil {
		return err
	}
	for _, q := range asked {
		was := len(res.Changes)
		why := r.learn(a, q, "reply", names, res)
		if why == "" {
			res.Changes = res.Changes[:was] // the reply's own receipt says it
			res.Notes = append(res.Notes, fmt.Sprintf("「%s」记成了知识 #%d 的问法，下次自动答。", clip(crm.Wording(q), 30), a.ID))
		}
		if why == "" || why == "已经有了" {
			return nil
		}
	}
	return nil
}

// sameAnswer learns how a customer asked when a colleague's own words are an article's, word for word.
func (r *run) sameAnswer(ctx context.Context, content string, t *ticket, res *Result) error {
	a, ok, err := r.articleSaying(ctx, content)
	if !ok || err != nil {
		return err
	}
	return r.learnFrom(ctx, a, t, res)
}

// knownAnswer refuses an answer that is an article's already: how the customer asked was learned when it was given.
func (r *run) knownAnswer(ctx context.Context, answer string) error {
	a, ok, err := r.articleSaying(ctx, answer)
	if !ok || err != nil {
		return err
	}
	return crm.Refuse(crm.ErrConflict, "这个回答就是知识 #%d「%s」，客户的问法也记在那里了，不用再存。", a.ID, clip(a.Title(), 20))
}

// articleSaying is the article whose answer is said word for word; ok is false when there is none.
func (r *run) articleSaying(ctx context.Context, said string) (a crm.Article, ok bool, err error) {
	if r.x.library == nil {
		return a, false, nil
	}
	id, err := r.x.library.Same(ctx, said)
	if err != nil || id == 0 {
		return a, false, err
	}
	if a, err = r.tx.ArticleByID(ctx, id); notFound(err) {
		return a, false, nil
	}
	return a, err == nil, err
}

// keepable refuses an article from an answer to one customer that would tell others of them, or is true of them alone.
func (r *run) keepable(ctx context.Context, a crm.Article) error {
	names, err := r.namesOn(ctx, a.TicketID)
	if err != nil {
		return err
	}
	why := crm.PrivateAnswer(a.Answer, names...)
	if why == "" {
		why = crm.PrivateQuestion(a.Question, names...)
	}
	if why == "" {
		return nil
	}
	return crm.Refuse(crm.ErrInvalid, "这条像是只对这位客户的（里面有%s），没有存。换成对谁都成立的话就能存：「新建知识 问：… 答：…」。", why)
}
