package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gendan/bot/chatlog"
	"gendan/crm"
)

// Several chats pasted one after another are one message. Each is a record of its own customer, and they are gone through one by one: what one
// customer says must not be written to another.

const mostParts = 9

// part is the piece of a record that is about one customer.
type part struct {
	Customer crm.Ref
	Lines    []crm.RecordLine
}

// parts cuts a record where another customer of the speaker's begins to speak. nil when it is of one, when somebody speaks who is nobody's, and
// when customers take turns: that is a group's chat.
func (t *turn) parts(r crm.ChatRecord) (all []part, err error) {
	if r.Title != "" {
		return nil, nil
	}
	of := map[string]crm.Ref{}
	var before []crm.RecordLine // the speaker's own, ahead of everybody's
	for _, l := range r.Lines {
		if l.Side == string(chatlog.Us) || l.Sender == "" || l.Sender == t.actor.Name {
			if len(all) == 0 {
				before = append(before, l)
			} else {
				all[len(all)-1].Lines = append(all[len(all)-1].Lines, l)
			}
			continue
		}
		ref, tried := of[l.Sender]
		if !tried {
			if len(of) >= 2*mostParts {
				return nil, nil
			}
			if ref, err = t.speaksFor(l.Sender); err != nil {
				return nil, err
			}
			of[l.Sender] = ref
		}
		switch {
		case ref.ID == 0:
			return nil, nil
		case len(all) > 0 && all[len(all)-1].Customer.ID == ref.ID:
			all[len(all)-1].Lines = append(all[len(all)-1].Lines, l)
		case len(all) == mostParts || slices.ContainsFunc(all, func(p part) bool { return p.Customer.ID == ref.ID }):
			return nil, nil
		default:
			all, before = append(all, part{ref, append(before, l)}), nil
		}
	}
	if len(all) < 2 {
		return nil, nil
	}
	return all, nil
}

// speaksFor is the one customer of the speaker's that somebody with that name in a chat speaks for; zero when there is none, or several.
func (t *turn) speaksFor(sender string) (crm.Ref, error) {
	var w whose
	if err := t.called(&w, sender); err != nil {
		return crm.Ref{}, err
	}
	if len(w.seen) == 0 {
		for _, name := range t.ownNames().headed(sender) {
			w.add(crm.Ref{Kind: crm.KindCustomer, ID: name.id, Name: name.name}, "sender")
		}
	}
	if len(w.seen) != 1 {
		return crm.Ref{}, nil
	}
	return w.seen[0].ref, nil
}

// headed lists the customers whose brand begins as said does, which is longer: 明德陈会计 speaks for 明德会计师事务所.
func (n *names) headed(said string) (all []*saidName) {
	folded := []rune(crm.Fold(said))
	if len(folded) < 4 {
		return nil
	}
	for _, f := range n.exact[[2]rune{folded[0], folded[1]}] {
		if strings.HasPrefix(crm.BrandName(f.record.name), string(folded[:2])) && !slices.Contains(all, f.record) {
			all = append(all, f.record)
		}
	}
	return all
}

// takeParts takes up the pieces of a record, one after the other.
func (t *turn) takeParts(draft crm.RecordDraft, parts []part, lacking string) error {
	facts := factsOf(draft)
	for _, p := range parts {
		piece := draft
		piece.Record.Lines = slices.Clone(p.Lines)
		from, to := p.Lines[0].N, p.Lines[len(p.Lines)-1].N
		for i := range piece.Record.Lines {
			piece.Record.Lines[i].N = i + 1
		}
		theirs := []chatlog.Fact{}
		for _, f := range facts {
			f.Lines = slices.DeleteFunc(slices.Clone(f.Lines), func(n int) bool { return n < from || n > to })
			if len(f.Lines) == 0 {
				continue
			}
			for i, n := range f.Lines {
				f.Lines[i] = slices.IndexFunc(p.Lines, func(l crm.RecordLine) bool { return l.N == n }) + 1
			}
			theirs = append(theirs, f)
		}
		var err error
		if piece.Facts, err = json.Marshal(theirs); err != nil {
			return fmt.Errorf("facts: %w", err)
		}
		id, err := t.tx.PutDraft(t.ctx, piece)
		if err != nil {
			return err
		}
		t.mind.Parts = append(t.mind.Parts, recordDraft{ID: id, Lacking: lacking, Customer: p.Customer, Why: "sender", Expires: t.now.Add(recordLife)})
	}
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = fmt.Sprintf("%s %d 条", p.Customer.Name, len(p.Lines))
	}
	t.say(t.text("record_parts", map[string]any{"Names": names}))
	return t.nextPart()
}

// nextPart takes up the next piece of a record when nothing else waits for the speaker.
func (t *turn) nextPart() error {
	for len(t.mind.Parts) > 0 && t.mind.record(t.now) == nil && t.mind.open(t.now) == nil {
		d := t.mind.Parts[0]
		t.mind.Parts = t.mind.Parts[1:]
		if !t.now.Before(d.Expires) {
			continue
		}
		row, err := t.tx.Draft(t.ctx, d.ID)
		if err != nil {
			return err
		}
		if err := t.placeRecord(d, row.Draft, ""); err != nil {
			return err
		}
	}
	return nil
}
