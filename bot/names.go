package bot

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/mozillazg/go-pinyin"

	"gendan/crm"
	"gendan/crm/store"
)

const (
	namesLife  = 5 * time.Minute // how long a person's names are kept before they are read again
	mostNames  = 2000            // customers of one person
	mostShelf  = 200_000         // names of all people together; then the least used go
	shortForms = 3               // runes: a form this short may be an ordinary word
)

// form is one way of saying a record's name, folded.
type form struct {
	text   []rune
	sound  []string // pinyin of each rune, without tones; nil when one has none
	record *saidName
}

// saidName is a record's name that somebody may say.
type saidName struct {
	id   int64 // of the customer; 0 for a product
	name string
	kind string
}

// names are the names of one person's records, found by how they begin.
type names struct {
	at, used time.Time
	ids      map[int64]bool
	size     int
	exact    map[[2]rune][]form   // by the first two characters
	sounds   map[[2]string][]form // by the first two syllables
}

func newNames(rows []store.KnownName, now time.Time) *names {
	n := &names{at: now, used: now, ids: map[int64]bool{}, exact: map[[2]rune][]form{}, sounds: map[[2]string][]form{}}
	products := map[string]bool{}
	for _, r := range rows {
		if r.Kind == store.KnownProduct && !products[r.Name] {
			products[r.Name] = true
			n.put(r)
		} else if r.Kind != store.KnownProduct && !n.ids[r.ID] {
			n.put(r)
		}
	}
	return n
}

// put adds a name in all the forms in which people say it.
func (n *names) put(r store.KnownName) {
	n.ids[r.ID] = true
	said := &saidName{id: r.ID, name: r.Name, kind: r.Kind}
	seen := map[string]bool{}
	forms := []string{crm.Fold(r.Name)}
	if r.Kind == store.KnownFirm {
		forms = append(forms, crm.CompanyName(r.Name), crm.PlacelessName(r.Name), crm.CoreName(r.Name), crm.BrandName(r.Name))
	}
	for _, text := range forms {
		runes := []rune(text)
		if seen[text] || len(runes) < 2 {
			continue
		}
		seen[text] = true
		f := form{text: runes, sound: syllables(runes), record: said}
		key := [2]rune{runes[0], runes[1]}
		n.exact[key] = append(n.exact[key], f)
		if f.sound != nil {
			key := [2]string{f.sound[0], f.sound[1]}
			n.sounds[key] = append(n.sounds[key], f)
		}
		n.size++
	}
}

// syllables reads each character aloud, without tones; nil when one cannot be read.
func syllables(text []rune) []string {
	args := pinyin.NewArgs()
	out := make([]string, len(text))
	for i, r := range text {
		if !unicode.Is(unicode.Han, r) {
			return nil
		}
		p := pinyin.SinglePinyin(r, args)
		if len(p) == 0 {
			return nil
		}
		out[i] = p[0]
	}
	return out
}

// spotted is a customer's name within a text.
type spotted struct {
	id      int64
	text    []rune // folded
	at, end int    // runes
}

// spot lists the companies' names that stand in a text, in the order in which they begin, with all their forms.
func (n *names) spot(text string) (all []spotted) {
	folded := []rune(crm.Fold(text))
	for i := 0; i+1 < len(folded); i++ {
		for _, f := range n.exact[[2]rune{folded[i], folded[i+1]}] {
			if f.record.kind == store.KnownFirm && startsWith(folded[i:], f.text) {
				all = append(all, spotted{f.record.id, f.text, i, i + len(f.text)})
			}
		}
	}
	return all
}

// in lists the forms of names that stand in a text, longest first, each once.
func (n *names) in(text string) []string {
	var found []string
	for _, s := range n.spot(text) {
		found = append(found, string(s.text))
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(found)
}

// firms lists the companies that text speaks of, each once, in the order in which they stand there: all of them where a name is a form of
// several, and of names within each other the longest.
func (n *names) firms(text string) (all []spotted) {
	found := n.spot(text)
	for _, s := range found {
		inside := func(o spotted) bool { return o.at <= s.at && o.end >= s.end && o.end-o.at > s.end-s.at }
		if !slices.ContainsFunc(found, inside) && !slices.ContainsFunc(all, func(o spotted) bool { return o.id == s.id }) {
			all = append(all, s)
		}
	}
	return all
}

// holds tells whether said is a form of the name of a customer.
func (n *names) holds(said string) bool { return len(n.called(said)) > 0 }

// called lists the customers that said is a form of the name of.
func (n *names) called(said string) (all []*saidName) {
	folded := []rune(crm.Fold(said))
	if len(folded) < 2 {
		return nil
	}
	for _, f := range n.exact[[2]rune{folded[0], folded[1]}] {
		if f.record.kind != store.KnownProduct && slices.Equal(f.text, folded) {
			all = append(all, f.record)
		}
	}
	return all
}

// product tells whether said is a known product.
func (n *names) product(said string) bool {
	folded := []rune(crm.Fold(said))
	return len(folded) > 1 && slices.ContainsFunc(n.exact[[2]rune{folded[0], folded[1]}], func(f form) bool {
		return f.record.kind == store.KnownProduct && slices.Equal(f.text, folded)
	})
}

// begins tells whether said is the beginning of a customer's name, or inside one.
func (n *names) begins(said string) bool {
	folded := []rune(crm.Fold(said))
	if len(folded) < 2 {
		return false
	}
	return slices.ContainsFunc(n.exact[[2]rune{folded[0], folded[1]}], func(f form) bool {
		return f.record.kind != store.KnownProduct && startsWith(f.text, folded)
	})
}

// sounding lists the records of a kind whose name sounds like said and is spelled otherwise, each once.
func (n *names) sounding(said string, product bool) (all []*saidName) {
	folded := []rune(crm.Fold(said))
	sound := syllables(folded)
	if len(sound) < 2 {
		return nil
	}
	for _, f := range n.sounds[[2]string{sound[0], sound[1]}] {
		if (f.record.kind == store.KnownProduct) == product && slices.Equal(f.sound, sound) && !slices.Equal(f.text, folded) && !slices.Contains(all, f.record) {
			all = append(all, f.record)
		}
	}
	return all
}

// heard is a stretch of a text that sounds like a name of the speaker's.
type heard struct {
	said, meant string // as it stands in the text; the form of the name that it sounds like
	record      *saidName
}

// heardIn finds the longest stretch of a text that sounds like a customer's name and is spelled otherwise, when it sounds like one
// customer only. Names of two characters are left out: too much sounds like them.
func (n *names) heardIn(text string) (best heard, ok bool) {
	runes := []rune(text)
	sound := make([]string, len(runes))
	for i := range runes {
		if s := syllables(runes[i : i+1]); s != nil {
			sound[i] = s[0]
		}
	}
	size := 0
	for i := 0; i+1 < len(runes); i++ {
		for _, f := range n.sounds[[2]string{sound[i], sound[i+1]}] {
			k := len(f.text)
			if f.record.kind == store.KnownProduct || k < shortForms || k < size || i+k > len(runes) || !slices.Equal(sound[i:i+k], f.sound) || crm.Fold(string(runes[i:i+k])) == string(f.text) {
				continue
			}
			if k == size && ok && best.record != f.record {
				return heard{}, false
			}
			best, size, ok = heard{said: string(runes[i : i+k]), meant: string(f.text), record: f.record}, k, true
		}
	}
	return best, ok
}

func startsWith(text, head []rune) bool {
	return len(head) <= len(text) && slices.Equal(text[:len(head)], head)
}

// everybodys is the shelf of those who see all customers and have none of their own.
const everybodys crm.UserID = -1

// shelfOf is under whose number an actor's names are kept. People of the service desk all know the same ones: two hundred of them would
// push each other's off the shelf, and every message would read two thousand names anew.
func shelfOf(actor crm.Actor) crm.UserID {
	if actor.Scope == crm.ScopeAll && (actor.Role == crm.Service || actor.Role == crm.Marketer) {
		return everybodys
	}
	return actor.UserID
}

// nameBook keeps the names of the people who spoke lately.
type nameBook struct {
	mu   sync.Mutex
	by   map[crm.UserID]*names
	size int
}

// of gives what is kept about user, nil when there is nothing or it is too old.
func (b *nameBook) of(user crm.UserID, now time.Time) *names {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.by[user]
	if n == nil || now.Sub(n.at) > namesLife || now.Before(n.at) {
		return nil
	}
	n.used = now
	return n
}

// keep puts n in the place of what was kept about user.
func (b *nameBook) keep(user crm.UserID, n *names) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by == nil {
		b.by = map[crm.UserID]*names{}
	}
	if old := b.by[user]; old != nil {
		b.size -= old.size
	}
	b.by[user], b.size = n, b.size+n.size
	for b.size > mostShelf && len(b.by) > 1 {
		var oldest crm.UserID
		for u, other := range b.by {
			if u != user && (oldest == 0 || other.used.Before(b.by[oldest].used)) {
				oldest = u
			}
		}
		b.size -= b.by[oldest].size
		delete(b.by, oldest)
	}
}

// forget makes the next message of user read the names again.
func (b *nameBook) forget(user crm.UserID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.by[user]; n != nil {
		b.size -= n.size
		delete(b.by, user)
	}
}
