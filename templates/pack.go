package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed */words.json */phrases.json */forms.json */companies.txt
var packs embed.FS

// Term is one value of the pack with the words that people use for it.
type Term struct {
	Name  string   `json:"name"`            // the pack's own form, which is stored
	Words []string `json:"words,omitempty"` // what people say for it, without the name itself
}

// Phrase is one way of asking for an action. Pattern is a regular expression over the folded text of a
// clause without its spaces, in which {name} stands for a class of Pack.Classes or for a recognised span:
// {T} a time, {M} an amount, {P} a phone, {I} a record number, {Q} a count with its unit, {D} a discount or
// a percentage, {C} a name that must not be read as words.
type Phrase struct {
	Action  string `json:"action"`            // the action's name, or "none" for what must not become one
	Pattern string `json:"pattern,omitempty"` // RE2 syntax
	// All are patterns instead of one, which must all be found, in any order and not overlapping, in one clause or in two
	// neighbouring ones: 提醒 and a word for done fit 搞定提醒37, 提醒37搞定了 and 海纳那个提醒不用管了,已经办妥. What a
	// pattern that begins with ~ finds is evidence only and stays part of the text: 漏油 in 空压机漏油了,开个单.
	All    []string `json:"all,omitempty"`
	Weight int      `json:"weight"` // 1 weak (only when nothing else fits) to 5 (cannot mean anything else)
	Needs  string   `json:"needs"`  // words separated by spaces of which one must occur; "" for no condition
	Unless string   `json:"unless"` // a pattern that, if it matches the clause, forbids this phrase
}

// Form is one way of saying a whole order, for what has a name of its own and is said alone: 核销 K7F2…, 暂停沉睡召回旅程.
// Pattern is a regular expression over the folded text of the message, from end to end, with {name} as in [Phrase] except
// the recognised spans; a named group (?P<customer>…) is the parameter of that name.
type Form struct {
	Action  string         `json:"action"`
	Pattern string         `json:"pattern"`          // RE2 syntax
	Needs   string         `json:"needs"`            // words separated by spaces of which one must occur
	Unless  string         `json:"unless,omitempty"` // a pattern that, if it matches, forbids this form
	Values  map[string]any `json:"values,omitempty"` // parameters that the form means without saying them
	Unsure  bool           `json:"unsure,omitempty"` // what it may mean is shown before it is done
}

// Pack is the vocabulary of one industry: its stages, kinds, fields and the words people say.
type Pack struct {
	Name       string              `json:"name"`
	Title      string              `json:"title"`      // what a person reads
	Stages     []Term              `json:"stages"`     // open stages of a deal, in order
	Won        Term                `json:"won"`        //
	Lost       Term                `json:"lost"`       //
	Kinds      []Term              `json:"kinds"`      // kinds of tickets
	Priorities []Term              `json:"priorities"` // of tickets
	Channels   []Term              `json:"channels"`   // of activities
	Sources    []Term              `json:"sources"`    // of leads
	Levels     []Term              `json:"levels"`     // of customers
	RFM        []Term              `json:"rfm"`        // segments by recency, frequency and money
	Fields     []Term              `json:"fields"`     // labels of the customer card
	Metrics    []Term              `json:"metrics"`    // by which a ranking may go
	Regions    []string            `json:"regions"`    //
	Industries []string            `json:"industries"` //
	Teams      []string            `json:"teams"`      // endings of department names
	Suffixes   []string            `json:"suffixes"`   // endings of company names
	Places     []string            `json:"places"`     // endings of company names that are common nouns too
	Brands     []string            `json:"brands"`     // names that would be misread as words or numbers
	Companies  []string            `json:"-"`          // short names of well-known companies: companies.txt, one a line
	Titles     []string            `json:"titles"`     // forms of address behind a surname (总, 经理)
	Jobs       []string            `json:"jobs"`       // job titles beside a full name
	Surnames   string              `json:"surnames"`   // single-character surnames
	Compound   []string            `json:"compound"`   // surnames of two characters
	Measures   []string            `json:"measures"`   // measure words of quantities
	Gaps       []string            `json:"gaps"`       // words that end a name
	Fillers    []string            `json:"fillers"`    // words without content: 请, 麻烦, 一下
	Classes    map[string]string   `json:"classes"`    // alternatives for {name} in patterns
	Slang      map[string]string   `json:"slang"`      // a word and what it stands for, of equal length
	Phrases    []Phrase            `json:"phrases"`    //
	Forms      []Form              `json:"-"`          // forms.json
	Extra      map[string][]string `json:"extra"`      // further word lists by name
}

var loaded sync.Map // name → func() (*Pack, error)

// Load gives the pack of that name. Packs are shared: do not change one.
func Load(name string) (*Pack, error) {
	f, _ := loaded.LoadOrStore(name, sync.OnceValues(func() (*Pack, error) { return read(packs, name) }))
	return f.(func() (*Pack, error))()
}

// Default gives the pack that is used when none is chosen.
func Default() *Pack {
	p, err := Load("default")
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return p
}

// Names lists the packs that exist.
func Names() []string {
	found, _ := fs.Glob(packs, "*/words.json")
	for i, f := range found {
		found[i] = f[:len(f)-len("/words.json")]
	}
	sort.Strings(found)
	return found
}

// read joins the files of a pack. A pack other than default starts from the default one: a list that it
// gives replaces the default's, and its phrases come before the default's.
func read(files fs.FS, name string) (*Pack, error) {
	p := &Pack{}
	if name != "default" {
		base, err := read(files, "default")
		if err != nil {
			return nil, err
		}
		p = base
	}
	words, err := fs.ReadFile(files, name+"/words.json")
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", name, err)
	}
	if err := json.Unmarshal(words, p); err != nil {
		return nil, fmt.Errorf("pack %s: words.json: %w", name, err)
	}
	p.Name = name
	if known, err := fs.ReadFile(files, name+"/companies.txt"); err == nil {
		p.Companies = append(slices.Clone(p.Companies), strings.Fields(string(known))...)
	}
	if phrases, err := fs.ReadFile(files, name+"/phrases.json"); err == nil {
		var own []Phrase
		if err := json.Unmarshal(phrases, &own); err != nil {
			return nil, fmt.Errorf("pack %s: phrases.json: %w", name, err)
		}
		p.Phrases = append(own, p.Phrases...)
	}
	if forms, err := fs.ReadFile(files, name+"/forms.json"); err == nil {
		var own []Form
		if err := json.Unmarshal(forms, &own); err != nil {
			return nil, fmt.Errorf("pack %s: forms.json: %w", name, err)
		}
		p.Forms = append(own, p.Forms...)
	}
	return p, nil
}

// StageNames lists the open stages in order.
func (p *Pack) StageNames() []string {
	names := make([]string, len(p.Stages))
	for i, s := range p.Stages {
		names[i] = s.Name
	}
	return names
}
