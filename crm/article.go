package crm

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ArticleID is the number of an article.
type ArticleID int64

// The states of an article.
const (
	ArticleDraft     = "draft"     // 草稿: proposed, answers nobody yet
	ArticleConfirmed = "confirmed" // 已确认: answers customers
)

// ArticleKinds are what an article can be. Customers are answered from 问答 and 产品 alone; 话术 and 案例 are for colleagues.
var ArticleKinds = []string{"问答", "产品", "话术", "案例"}

// Article (知识) is one thing that the company knows: a question, the other ways to ask it, and the answer. A colleague
// writes it, or it is proposed from an answer that a customer was given; it serves when somebody has confirmed it.
type Article struct {
	ID        ArticleID `db:"id" json:"id"`
	Kind      string    `db:"kind" json:"kind"`
	State     string    `db:"state" json:"state"`
	Question  string    `db:"-" json:"question"` // "" of a passage of a document
	Similar   []string  `db:"-" json:"similar,omitempty"`
	Learned   []string  `db:"-" json:"learned,omitempty"` // ways in which customers have asked it
	Not       []string  `db:"-" json:"not,omitempty"`     // questions of customers that it did not answer
	Answer    string    `db:"-" json:"answer"`
	Source    string    `db:"source" json:"source,omitempty"` // chat, ticket, import
	Code      string    `db:"code" json:"code,omitempty"`     // its id in the file that it was imported from
	TicketID  TicketID  `db:"ticket_id" json:"ticket,omitempty"`
	Uses      int       `db:"uses" json:"uses"`       // customers answered with it
	Helpful   int       `db:"helpful" json:"helpful"` // who said that it helped
	Unhelpful int       `db:"unhelpful" json:"unhelpful"`
	CreatedBy UserID    `db:"created_by" json:"created_by,omitempty"`
	Author    string    `db:"author" json:"author,omitempty"` // of a row read
	Version   int       `db:"version" json:"-"`
	UpdatedAt time.Time `db:"updated_at" json:"updated_at"`
}

// The greatest lengths of an article, in characters.
const (
	articleQuestionMost = 200
	articleAnswerMost   = 2000
	articleSimilarMost  = 40
)

// Check tidies a and refuses with ErrInvalid what cannot be kept.
func (a *Article) Check() error {
	a.Question, a.Answer, a.Kind = strings.TrimSpace(a.Question), strings.TrimSpace(a.Answer), strings.TrimSpace(a.Kind)
	if a.Kind == "" {
		a.Kind = ArticleKinds[0]
	}
	switch {
	case !slices.Contains(ArticleKinds, a.Kind):
		return Refuse(ErrInvalid, "知识的类型有%s，没有「%s」。", strings.Join(ArticleKinds, "、"), a.Kind)
	case a.Answer == "":
		return Refuse(ErrInvalid, "回答是什么？说一下答案。")
	case utf8.RuneCountInString(a.Answer) > articleAnswerMost:
		return Refuse(ErrInvalid, "回答太长了，请控制在 %d 个字以内，长文档用「gendan knowledge import」导入。", articleAnswerMost)
	case utf8.RuneCountInString(a.Question) > articleQuestionMost:
		return Refuse(ErrInvalid, "问题太长了，请控制在 %d 个字以内。", articleQuestionMost)
	}
	kept := a.Similar[:0:0]
	for _, s := range a.Similar {
		if s = strings.TrimSpace(s); s != "" && s != a.Question && !slices.Contains(kept, s) && utf8.RuneCountInString(s) <= articleQuestionMost {
			kept = append(kept, s)
		}
	}
	if a.Similar = kept; len(kept) > articleSimilarMost {
		a.Similar = kept[:articleSimilarMost]
	}
	return nil
}

// Title is what people call a: its question, or the beginning of its answer.
func (a *Article) Title() string {
	if a.Question != "" {
		return a.Question
	}
	runes := []rune(a.Answer)
	if len(runes) > 20 {
		return string(runes[:20]) + "…"
	}
	return a.Answer
}
