package action

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// ArticleCreate writes an article. With neither question nor answer it is proposed from the speaker's last answer to a
// customer, as a draft that somebody confirms.
type ArticleCreate struct {
	Question string       `json:"question,omitempty" doc:"问题"`
	Answer   string       `json:"answer,omitempty" doc:"回答；不说就取刚回复客户的话"`
	Similar  []string     `json:"similar,omitempty" doc:"别的问法"`
	Kind     string       `json:"kind,omitempty" doc:"类型：问答、产品、话术、案例"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"从这张工单的回复里取"`
	Code     string       `json:"code,omitempty" doc:"导入文件里的编号，同一编号是同一条"`
	Draft    bool         `json:"draft,omitempty" doc:"先存为草稿，确认后才回答客户"`
}

// ArticleView is Data of article.create, article.update, article.confirm and a row of article.list and library.find.
type ArticleView struct {
	crm.Article
	Title string `json:"title"`
}

func articleView(a crm.Article) ArticleView { return ArticleView{a, a.Title()} }

// learnHours is how long after an answer 「存为知识」 means it.
const learnHours = 24

// telephone is what an answer to one customer may hold and the knowledge base must not.
var telephone = regexp.MustCompile(`(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}`)

func articleCreate(ctx context.Context, r *run, p *ArticleCreate) (*Result, error) {
	a := crm.Article{Kind: p.Kind, State: crm.ArticleConfirmed, Question: p.Question, Similar: p.Similar, Answer: p.Answer,
		Source: "chat", Code: strings.TrimSpace(p.Code), CreatedBy: r.req.Actor.UserID}
	if p.Draft {
		a.State = crm.ArticleDraft
	}
	if r.req.Via == "import" {
		a.Source = "import"
	}
	if strings.TrimSpace(p.Answer) == "" {
		if strings.TrimSpace(p.Question) != "" {
			return nil, r.ask("answer", "「%s」的回答是什么？", strings.TrimSpace(p.Question))
		}
		question, answer, of, err := r.tx.LastReply(ctx, r.req.Actor.UserID, p.Ticket, learnHours)
		if notFound(err) {
			return nil, crm.Refuse(crm.ErrNotFound, "没有找到刚回复客户的话。直接说「新建知识 问：能开发票吗 答：可以，订单里点开票」也行。")
		}
		if err != nil {
			return nil, err
		}
		if err := r.knownAnswer(ctx, answer); err != nil {
			return nil, err
		}
		a.Question, a.Answer, a.TicketID = clip(telephone.ReplaceAllString(question, "（电话）"), 200), telephone.ReplaceAllString(answer, "（电话）"), of
		if err := r.keepable(ctx, a); err != nil {
			return nil, err
		}
		a.State, a.Source = crm.ArticleDraft, "ticket"
	}
	if err := a.Check(); err != nil {
		return nil, r.bad("answer", err)
	}
	if a.Code != "" {
		if old, err := r.tx.ArticleByCode(ctx, a.Code); err == nil {
			a.State = old.State // who confirmed it did
			return r.articleChanged(old, a, "article.create", nil)
		} else if !notFound(err) {
			return nil, err
		}
	}
	ref := crm.Ref{Kind: crm.KindArticle, Name: a.Title()}
	res := &Result{Record: ref}
	res.changes(ref, "问题", a.Question, "回答", a.Answer, "类型", a.Kind)
	r.then(func(ctx context.Context) error {
		if err := r.tx.AddArticle(ctx, &a); err != nil {
			return err
		}
		ref.ID = int64(a.ID)
		res.settle(ref)
		r.audit("article.create", ref, res.Changes)
		r.event("article.created", ref, map[string]any{"kind": a.Kind, "state": a.State})
		_, err := view(res, articleView(a))
		return err
	})
	r.title("知识「%s」", clip(a.Title(), 20))
	return view(res, articleView(a))
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// ArticleUpdate changes an article. What is not said stays.
type ArticleUpdate struct {
	Article  crm.ArticleID `json:"article" doc:"*知识编号"`
	Question string        `json:"question,omitempty" doc:"问题"`
	Answer   string        `json:"answer,omitempty" doc:"回答"`
	Similar  []string      `json:"similar,omitempty" doc:"再加的问法"`
	Kind     string        `json:"kind,omitempty" doc:"类型：问答、产品、话术、案例"`
}

func articleUpdate(ctx context.Context, r *run, p *ArticleUpdate) (*Result, error) {
	old, err := r.article(ctx, p.Article)
	if err != nil {
		return nil, err
	}
	a := old
	a.Similar = append(append([]string{}, old.Similar...), p.Similar...)
	if s := strings.TrimSpace(p.Question); s != "" {
		a.Question = s
	}
	if s := strings.TrimSpace(p.Answer); s != "" {
		a.Answer = s
	}
	if s := strings.TrimSpace(p.Kind); s != "" {
		a.Kind = s
	}
	if err := a.Check(); err != nil {
		return nil, r.bad("answer", err)
	}
	return r.articleChanged(old, a, "article.update", nil)
}

// ArticleRef names an article.
type ArticleRef struct {
	Article crm.ArticleID `json:"article" doc:"*知识编号"`
}

// articleConfirm lets a draft answer customers.
func articleConfirm(ctx context.Context, r *run, p *ArticleRef) (*Result, error) {
	old, err := r.article(ctx, p.Article)
	if err != nil {
		return nil, err
	}
	if old.State == crm.ArticleConfirmed {
		return nil, crm.Refuse(crm.ErrConflict, "知识 #%d「%s」已经确认过了，客户问到就会用它。", old.ID, old.Title())
	}
	a := old
	a.State = crm.ArticleConfirmed
	return r.articleChanged(old, a, "article.confirm", []store.Col{{Name: "confirmed_by", Value: int64(r.req.Actor.UserID)}})
}

// articleRemove takes an article out of the knowledge base.
func articleRemove(ctx context.Context, r *run, p *ArticleRef) (*Result, error) {
	old, err := r.article(ctx, p.Article)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindArticle, ID: int64(old.ID), Name: old.Title()}
	res := &Result{Record: ref, Changes: []Change{{Record: ref, Field: "状态", Old: articleState(old.State), New: "已删除"}}}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindArticle, ref.ID, old.Version, []store.Col{{Name: "deleted_at", Value: r.now}}); err != nil {
			return err
		}
		r.audit("article.remove", ref, res.Changes)
		r.event("article.removed", ref, map[string]any{"kind": old.Kind})
		return nil
	})
	r.title("删除知识「%s」", clip(old.Title(), 20))
	return view(res, articleView(old))
}

// articleChanged writes what differs between an article as it is and as it shall be.
func (r *run) articleChanged(old, a crm.Article, action string, also []store.Col) (*Result, error) {
	a.ID = old.ID
	ref := crm.Ref{Kind: crm.KindArticle, ID: int64(old.ID), Name: a.Title()}
	res := &Result{Record: ref}
	add := func(field, before, after string) {
		if before != after {
			res.Changes = append(res.Changes, Change{Record: ref, Field: field, Old: before, New: after})
		}
	}
	add("问题", old.Question, a.Question)
	add("回答", old.Answer, a.Answer)
	add("别的问法", strings.Join(old.Similar, "；"), strings.Join(a.Similar, "；"))
	add("类型", old.Kind, a.Kind)
	add("状态", articleState(old.State), articleState(a.State))
	if len(res.Changes) == 0 {
		if action == "article.create" { // imported again, as it was
			return view(res, articleView(old))
		}
		return nil, crm.Refuse(crm.ErrInvalid, "知识 #%d 本来就是这样。要改就说「知识 #%d 回答改成：…」。", old.ID, old.ID)
	}
	body, err := r.tx.ArticleBody(a)
	if err != nil {
		return nil, err
	}
	set := append([]store.Col{{Name: "kind", Value: a.Kind}, {Name: "state", Value: a.State}, body}, also...)
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindArticle, int64(old.ID), old.Version, set); err != nil {
			return err
		}
		r.audit(action, ref, res.Changes)
		r.event("article.changed", ref, map[string]any{"state": a.State})
		return nil
	})
	r.title("改知识「%s」", clip(a.Title(), 20))
	return view(res, articleView(a))
}

func articleState(state string) string {
	if state == crm.ArticleDraft {
		return "草稿"
	}
	return "已确认"
}

// article finds the article that a number names.
func (r *run) article(ctx context.Context, id crm.ArticleID) (crm.Article, error) {
	if id == 0 {
		return crm.Article{}, r.ask("article", "哪一条知识？说一下编号，例如 #1501；编号在「知识列表」里。")
	}
	a, err := r.tx.ArticleByID(ctx, id)
	if notFound(err) {
		return a, crm.Refuse(crm.ErrNotFound, "没有找到知识 #%d，说「知识列表」看看有哪些。", id)
	}
	if err != nil {
		return a, fmt.Errorf("article: %w", err)
	}
	return a, nil
}
