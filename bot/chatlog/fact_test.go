package chatlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// strict are the kinds of which a conversation lists all: one too many is as wrong as one too few.
var strict = map[FactKind]bool{Phone: true, Email: true, WeChat: true, Contact: true, Company: true, Product: true, Budget: true, Price: true, Competitor: true, DecisionMaker: true, Complaint: true, Objection: true, Promise: true, Date: true, Mood: true}

// story is one conversation of testdata/facts: the record, and what its facts must, may and must not be.
type story struct {
	name string
	rec  Record
	o    Options
	want []check
}

// check is one line of expectation: = must be there, ? may be there, ! must not.
type check struct {
	sign     byte
	kind     FactKind
	value    string
	quantity float64
	discount float64
	who      Side
	at       string
	company  string
	line     string
}

// readStories reads a file of conversations; docs/chat-records.md describes the form.
func readStories(t testing.TB, path string) []story {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", 8*3600)
	var all []story
	for _, l := range strings.Split(string(text), "\n") {
		s := &story{}
		if len(all) > 0 {
			s = &all[len(all)-1]
		}
		switch {
		case l == "":
		case strings.HasPrefix(l, "# "):
			all = append(all, story{name: l[2:]})
		case strings.HasPrefix(l, "@now "):
			if s.o.Now, err = time.ParseInLocation("2006-01-02 15:04", l[5:], zone); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(l, "@us "):
			s.o.Us = append(s.o.Us, l[4:])
		case strings.ContainsRune("=?!", rune(l[0])):
			s.want = append(s.want, readCheck(l))
		default:
			sender, said, ok := strings.Cut(l, "> ")
			if !ok {
				t.Fatalf("%s: %q is no line", path, l)
			}
			line := Line{N: len(s.rec.Lines) + 1, Kind: Text, Text: said}
			if sender != "-" {
				line.Sender, line.Side = sender, Customer
				for _, u := range s.o.Us {
					if u == sender {
						line.Side = Us
					}
				}
			}
			s.rec.Lines = append(s.rec.Lines, line)
		}
	}
	return all
}

func readCheck(l string) check {
	w := strings.Fields(l)
	c := check{sign: l[0], kind: FactKind(w[1]), line: l}
	for _, x := range w[2:] {
		switch {
		case x == "us" || x == "customer":
			c.who = Side(x)
		case strings.HasPrefix(x, "company="):
			c.company = x[8:]
		case x[0] == '%':
			c.discount, _ = strconv.ParseFloat(x[1:], 64)
		case x[0] == 'x' && c.value != "":
			c.quantity, _ = strconv.ParseFloat(x[1:], 64)
		case c.kind != Date && len(x) > 9 && x[4] == '-' && x[7] == '-':
			c.at = x
		case c.value != "":
			c.value += " " + x
		default:
			c.value = x
		}
	}
	return c
}

// met reports whether the fact is the one that the check names.
func (c check) met(f Fact) bool {
	if f.Kind != c.kind || c.who != "" && f.Who != c.who || c.company != "" && f.Company != c.company || c.quantity != 0 && f.Quantity != c.quantity || c.discount != 0 && f.Discount != c.discount {
		return false
	}
	at := ""
	if f.At != nil {
		at = f.At.Format(time.RFC3339)
	}
	if !strings.HasPrefix(at, c.at) {
		return false
	}
	switch f.Kind {
	case Date:
		return strings.HasPrefix(at, c.value) || strings.HasPrefix(fmt.Sprint(f.Value), c.value)
	case Price, Budget:
		v, _ := f.Value.(float64)
		return c.value == "" || strconv.FormatFloat(v, 'f', -1, 64) == c.value
	case Need, Promise, NextStep, Complaint:
		return strings.Contains(strings.ReplaceAll(fmt.Sprint(f.Value), " ", ""), strings.ReplaceAll(c.value, " ", ""))
	}
	return c.value == "" || c.value == "*" || c.value == f.Value
}

// TestFacts plays the conversations of testdata/facts.
func TestFacts(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/facts/*.facts")
	for _, file := range files {
		for _, s := range readStories(t, file) {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				facts := findFacts(&s.rec, s.o)
				for _, c := range s.want {
					found := false
					for _, f := range facts {
						found = found || c.met(f)
					}
					if found != (c.sign == '=') && c.sign != '?' {
						t.Errorf("%s", c.line)
					}
				}
				for _, f := range facts {
					known := !strict[f.Kind]
					for _, c := range s.want {
						known = known || c.sign != '!' && c.met(f)
					}
					if !known {
						t.Errorf("too much: %s %v%s%s %v line %q", f.Kind, f.Value, f.Text, whenOf(f.At), f.Quantity, s.rec.Lines[f.Lines[0]-1].Text)
					}
				}
			})
		}
	}
}

func whenOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return " " + at.Format(time.RFC3339)
}

// TestRivalsOfOneLine reads two competitors of one line, always in the same order.
func TestRivalsOfOneLine(t *testing.T) {
	t.Parallel()
	for range 40 {
		var names []any
		for _, x := range findFacts(&Record{Lines: []Line{{N: 1, Kind: Text, Text: "特来充和万马都报了", Side: Customer, Sender: "客"}}}, Options{}) {
			if x.Kind == Competitor {
				names = append(names, x.Value)
			}
		}
		if len(names) != 2 || names[0] != "万马" || names[1] != "特来充" {
			t.Fatal(names)
		}
	}
}
