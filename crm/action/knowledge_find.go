package action

import (
	"context"
	"slices"
	"strings"

	"gendan/crm"
)

// Library finds articles by what somebody asks. The bot has it; without one articles are found by the words they hold.
type Library interface {
	// Find gives the numbers of the articles of a kind ("" any) that fit a query best, best first, at most most.
	Find(ctx context.Context, query, kind string, most int) ([]crm.ArticleID, error)
	// Same gives the number of the article whose answer to customers is text, 0 for none.
	Same(ctx context.Context, text string) (crm.ArticleID, error)
	// Teachable tells whether words ask anything that may be learned: no greeting, no call for a person, no anger.
	Teachable(words string) bool
}

// ArticleList lists articles, the latest first.
type ArticleList struct {
	Kind  string `json:"kind,omitempty" doc:"类型：问答、产品、话术、案例"`
	State string `json:"state,omitempty" doc:"草稿 或 已确认"`
}

// ArticleListView is Data of article.list.
type ArticleListView struct {
	Kind  string        `json:"kind,omitempty"`
	State string        `json:"state,omitempty"` // draft, confirmed or ""
	Rows  []ArticleView `json:"rows,omitempty"`
	Total int           `json:"total"`
}

func articleList(ctx context.Context, r *run, p *ArticleList) (*Result, error) {
	v := ArticleListView{Kind: strings.TrimSpace(p.Kind)}
	switch strings.TrimSpace(p.State) {
	case "":
	case "草稿", "待确认", crm.ArticleDraft:
		v.State = crm.ArticleDraft
	case "已确认", "确认", crm.ArticleConfirmed:
		v.State = crm.ArticleConfirmed
	default:
		return nil, r.ask("state", "要看哪些知识？可以说：草稿、已确认。")
	}
	if v.Kind != "" && !slices.Contains(crm.ArticleKinds, v.Kind) {
		return nil, r.ask("kind", "知识的类型有%s，要看哪一种？", strings.Join(crm.ArticleKinds, "、"))
	}
	rows, total, err := r.tx.Articles(ctx, v.Kind, v.State, pageSize, r.req.Page*pageSize)
	if err != nil {
		return nil, err
	}
	v.Total = total
	for _, a := range rows {
		v.Rows = append(v.Rows, articleView(a))
	}
	return view(&Result{}, v)
}

// LibraryFind looks for what colleagues have written down (话术, 案例, 产品, 问答).
type LibraryFind struct {
	Query string `json:"query" doc:"*找什么"`
	Kind  string `json:"kind,omitempty" doc:"类型：话术、案例、产品"`
}

// LibraryFound is Data of library.find: the best three, with their text to copy.
type LibraryFound struct {
	Query string        `json:"query"`
	Kind  string        `json:"kind,omitempty"`
	Rows  []ArticleView `json:"rows,omitempty"`
}

// libraryRows is how many articles library.find shows.
const libraryRows = 3

func libraryFind(ctx context.Context, r *run, p *LibraryFind) (*Result, error) {
	v := LibraryFound{Query: strings.TrimSpace(p.Query), Kind: strings.TrimSpace(p.Kind)}
	if v.Query == "" {
		return nil, r.ask("query", "想找什么资料？比如「客户嫌贵怎么回」。")
	}
	if !slices.Contains(crm.ArticleKinds, v.Kind) {
		v.Kind = ""
	}
	if r.x.library == nil {
		return r.libraryScan(ctx, v)
	}
	ids, err := r.x.library.Find(ctx, v.Query, v.Kind, libraryRows)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		a, err := r.tx.ArticleByID(ctx, id)
		if notFound(err) { // removed since the index was made
			continue
		}
		if err != nil {
			return nil, err
		}
		v.Rows = append(v.Rows, articleView(a))
	}
	return view(&Result{}, v)
}

// libraryScan finds articles that hold the words of the query among the latest.
func (r *run) libraryScan(ctx context.Context, v LibraryFound) (*Result, error) {
	rows, _, err := r.tx.Articles(ctx, v.Kind, "", 500, 0)
	if err != nil {
		return nil, err
	}
	grams := crm.Bigrams(crm.Fold(v.Query))
	type hit struct{ at, n int }
	var hits []hit
	for i, a := range rows {
		text, n := crm.Fold(a.Question+strings.Join(a.Similar, "")+a.Answer), 0
		for _, g := range grams {
			if strings.Contains(text, g) {
				n++
			}
		}
		if n > 0 && 2*n >= len(grams) {
			hits = append(hits, hit{i, n})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.n - a.n })
	for _, h := range hits[:min(libraryRows, len(hits))] {
		v.Rows = append(v.Rows, articleView(rows[h.at]))
	}
	return view(&Result{}, v)
}
