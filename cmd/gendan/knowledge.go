package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gendan/bot"
	"gendan/bot/knowledge"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

const knowledgeHelp = `gendan knowledge fills the knowledge base. It works beside a running serve.

Examples:
  gendan knowledge import faq.csv              (columns id, question, answer and optionally similar)
  gendan knowledge import --kind 产品 manual.md (a document is parted into its paragraphs)
  gendan knowledge import --draft notes.txt    (nothing answers customers before somebody confirms it)

A file imported again changes what has changed in it and adds nothing twice.`

// importBatch is how many articles are written in one transaction.
const importBatch = 20

func knowledgeCommand(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprintln(s.out, knowledgeHelp)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	flags := flag.NewFlagSet("knowledge "+args[0], flag.ContinueOnError)
	flags.SetOutput(s.err)
	kind := flags.String("kind", crm.ArticleKinds[0], "what the articles are: "+strings.Join(crm.ArticleKinds, ", "))
	draft := flags.Bool("draft", false, "keep them as drafts, which answer nobody")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), knowledgeHelp+"\n\nFlags:")
		flags.PrintDefaults()
	}
	if code, ok := parseFlags(flags, args[1:]); !ok {
		return code
	}
	if args[0] != "import" || flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	file := flags.Arg(0)
	entries, err := readArticles(file)
	if err != nil {
		return fail(s, fmt.Errorf("%s: %w", file, err))
	}
	return withStore(ctx, s, func(st *store.Store) error {
		n, err := importArticles(ctx, st, filepath.Base(file), *kind, *draft, entries)
		fmt.Fprintf(s.out, "%d of %d articles are in the knowledge base\n", n, len(entries))
		return err
	})
}

// readArticles reads a list or a document by the ending of its name.
func readArticles(file string) ([]knowledge.Entry, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".csv":
		return knowledge.ReadCSV(data)
	case ".md", ".txt", ".markdown":
		return knowledge.ReadDocument(data)
	}
	return nil, fmt.Errorf("not a .csv, .md or .txt file")
}

// importArticles writes entries through the executor, as an import, and tells how many were written.
func importArticles(ctx context.Context, st *store.Store, from, kind string, draft bool, entries []knowledge.Entry) (n int, err error) {
	do := action.New(st, action.Config{Field: templates.MustField(templates.Default())})
	for len(entries) > 0 {
		batch := entries[:min(importBatch, len(entries))]
		entries = entries[len(batch):]
		var calls []action.Call
		for _, e := range batch {
			p := action.ArticleCreate{Question: e.Question, Answer: e.Answer, Similar: e.Similar, Kind: kind, Code: from + ":" + e.ID, Draft: draft}
			params, err := json.Marshal(p)
			if err != nil {
				return n, err
			}
			calls = append(calls, action.Call{Name: "article.create", Params: params})
		}
		out, err := do.Run(ctx, action.Request{Actor: crm.System, Calls: calls, Via: "import", Now: time.Now().UTC()})
		if err != nil {
			return n, fmt.Errorf("%s: %w", from, err)
		}
		if out.Ask != nil {
			return n, fmt.Errorf("%s, after %d articles: %s", from, n+out.Ask.Call, out.Ask.Question)
		}
		n += len(batch)
	}
	return n, nil
}

// library is the knowledge base of the running service, with the words of a pack.
func (sv *service) library(pack string) (*bot.Library, error) {
	s, err := templates.LoadSynonyms(pack)
	if err != nil {
		return nil, fmt.Errorf("GENDAN_PACK: %w", err)
	}
	return bot.NewLibrary(sv.servers.store, knowledge.NewWords(s.Same, s.Near, s.Apart, s.Topics), sv.log.Named("knowledge")), nil
}
