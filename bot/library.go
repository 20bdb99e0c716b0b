package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"gendan/bot/knowledge"
	"gendan/crm"
	"gendan/crm/store"
)

// libraryMost is how many articles are indexed; older ones are not found.
const libraryMost = 20000

// libraryEvery is how often it is looked whether the articles have changed. A change is known within it.
const libraryEvery = time.Second

// Library is the knowledge base: it answers what customers ask from confirmed articles (问答, 产品), and finds colleagues
// what is written down (also 话术, 案例). The index lives in this process and is made anew when an article has changed.
// Safe for concurrent use.
type Library struct {
	store *store.Store
	words *knowledge.Words
	log   *zap.Logger

	every time.Duration // how often it is looked whether the articles have changed

	shelf   atomic.Pointer[shelf]
	checked atomic.Int64 // UnixNano of the last look at the revision, by the process's own clock
	mu      sync.Mutex   // held while an index is made
}

// shelf is the index of one revision.
type shelf struct {
	revision int64
	guests   *knowledge.Index // what answers customers
	desk     *knowledge.Index // all there is
	kinds    map[string]string
	answers  map[string]crm.ArticleID // an answer to customers, folded → the article
}

// NewLibrary makes a library on s with the words of the trade. Nothing is read before the first question.
func NewLibrary(s *store.Store, words *knowledge.Words, log *zap.Logger) *Library {
	return &Library{store: s, words: words, log: log, every: libraryEvery}
}

// LookEvery sets how often it is looked whether the articles have changed: a second, unless it is said before the first
// question. 0 looks at every question.
func (l *Library) LookEvery(d time.Duration) *Library {
	l.every = d
	return l
}

// Answer is what the knowledge base says to a customer; ok is false unless it is sure.
func (l *Library) Answer(ctx context.Context, question string) (KnownAnswer, bool) {
	a, ok := l.AnswerQuestion(ctx, question)
	out := KnownAnswer{Article: a.ID, Text: a.Answer, Confidence: a.Confidence}
	for _, o := range a.Offers {
		out.Offers = append(out.Offers, KnownOffer{Article: o.ID, Question: o.Question})
	}
	return out, ok
}

// Told is what an article tells customers now; ok is false of one that is no longer theirs to read.
func (l *Library) Told(ctx context.Context, article string) (KnownAnswer, bool) {
	sh, err := l.current(ctx)
	if err != nil {
		l.log.Error("knowledge base", zap.Error(err))
		return KnownAnswer{}, false
	}
	e, ok := sh.guests.Entry(article)
	return KnownAnswer{Article: e.ID, Text: e.Answer, Confidence: 1}, ok
}

// AnswerQuestion is Answer with the reason why it hands over. What cannot be read is logged and handed over.
func (l *Library) AnswerQuestion(ctx context.Context, text string) (knowledge.Answer, bool) {
	sh, err := l.current(ctx)
	if err != nil {
		l.log.Error("knowledge base", zap.Error(err))
		return knowledge.Answer{Text: text, Reason: knowledge.Unknown}, false
	}
	a := sh.guests.Answer(text)
	return a, a.ID != ""
}

// Judged counts how an answer did.
func (l *Library) Judged(ctx context.Context, tx *store.Tx, article, question string, helped bool) error {
	id, err := strconv.ParseInt(article, 10, 64)
	if err != nil {
		return fmt.Errorf("article %q: %w", article, err)
	}
	if helped {
		return tx.CountArticle(ctx, crm.ArticleID(id), 1, 1, 0)
	}
	return tx.CountArticle(ctx, crm.ArticleID(id), 1, 0, 1)
}

// findLeast is the confidence below which an article is not worth showing to a colleague, who reads before using it.
const findLeast = 0.02

// Find gives the articles that fit a query best.
func (l *Library) Find(ctx context.Context, query, kind string, most int) ([]crm.ArticleID, error) {
	sh, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []crm.ArticleID
	for _, h := range sh.desk.Find(query, 30) {
		if kind != "" && sh.kinds[h.Entry.ID] != kind || h.Confidence < findLeast {
			continue
		}
		id, err := strconv.ParseInt(h.Entry.ID, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("article %q: %w", h.Entry.ID, err)
		}
		if out = append(out, crm.ArticleID(id)); len(out) == most {
			break
		}
	}
	return out, nil
}

// Same gives the article whose answer to customers is text, but for spaces and stops; 0 for none.
func (l *Library) Same(ctx context.Context, text string) (crm.ArticleID, error) {
	sh, err := l.current(ctx)
	if err != nil {
		return 0, err
	}
	return sh.answers[crm.Fold(text)], nil
}

// Teachable tells whether words ask anything that may be learned.
func (l *Library) Teachable(words string) bool { return knowledge.Teachable(words, l.words) }

// Likely are the articles that come nearest to a question that was not answered, for the colleague who answers it.
func (l *Library) Likely(ctx context.Context, question string) []KnownOffer {
	sh, err := l.current(ctx)
	if err != nil {
		l.log.Error("knowledge base", zap.Error(err))
		return nil
	}
	var out []KnownOffer
	for _, h := range sh.guests.Find(question, likelyMost) {
		if h.Confidence >= likelyLeast && h.Entry.Question != "" {
			out = append(out, KnownOffer{h.Entry.ID, h.Entry.Question})
		}
	}
	return out
}

// What a colleague is shown of what comes near.
const (
	likelyMost  = 2
	likelyLeast = 0.04
)

// current is the index of what the articles are now, as far as was looked a moment ago.
func (l *Library) current(ctx context.Context) (*shelf, error) {
	sh := l.shelf.Load()
	now := time.Now().UnixNano()
	if sh != nil && now-l.checked.Load() < int64(l.every) {
		return sh, nil
	}
	revision, err := l.store.ArticleRevision(ctx)
	if err != nil {
		return nil, err
	}
	if sh != nil && sh.revision == revision {
		l.checked.Store(now)
		return sh, nil
	}
	if !l.mu.TryLock() { // somebody makes the new index
		if sh != nil {
			return sh, nil
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	if sh = l.shelf.Load(); sh != nil && sh.revision >= revision {
		return sh, nil
	}
	rows, revision, err := l.store.AllArticles(ctx, libraryMost)
	if err != nil {
		return nil, err
	}
	sh = l.index(rows, revision)
	l.shelf.Store(sh)
	l.checked.Store(now)
	return sh, nil
}

// index makes the shelf of one revision.
func (l *Library) index(rows []crm.Article, revision int64) *shelf {
	sh := &shelf{revision: revision, kinds: make(map[string]string, len(rows)), answers: make(map[string]crm.ArticleID, len(rows))}
	slices.SortFunc(rows, func(a, b crm.Article) int { return int(a.ID - b.ID) })
	var guests, desk []knowledge.Entry
	for _, a := range rows {
		e := knowledge.Entry{ID: strconv.FormatInt(int64(a.ID), 10), Question: a.Question, Similar: a.Similar, Answer: a.Answer,
			Learned: a.Learned, Not: a.Not, Heard: a.Source == "ticket"}
		sh.kinds[e.ID] = a.Kind
		desk = append(desk, e)
		if a.State == crm.ArticleConfirmed && (a.Kind == "问答" || a.Kind == "产品") {
			guests = append(guests, e)
			if f := crm.Fold(a.Answer); sh.answers[f] == 0 {
				sh.answers[f] = a.ID
			}
		}
	}
	if last := l.shelf.Load(); last != nil {
		sh.guests, sh.desk = last.guests.With(guests), last.desk.With(desk)
	} else {
		sh.guests, sh.desk = knowledge.New(guests, l.words), knowledge.New(desk, l.words)
	}
	return sh
}
