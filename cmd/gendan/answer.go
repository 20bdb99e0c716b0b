package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"gendan/bot/knowledge"
	"gendan/templates"
)

// answerCommand is `gendan answer`: it answers questions from a list alone, one JSON object a line. It returns the exit
// status.
func answerCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gendan answer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print JSON, one object a line")
	list := flags.String("kb", "", "the list: a CSV `FILE` (UTF-8 or GB18030) with the columns id, question, answer and optionally similar")
	file := flags.String("file", "", "read one question a line from `FILE`; - is standard input")
	packName := flags.String("pack", "default", "industry pack, for its synonyms")
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: gendan answer [--json] --kb FAQ.csv [--file FILE|-] [TEXT...]\n\n"+
			"It answers what the list answers for sure; id and answer are absent where a person should.\n"+
			"Several similar questions in a cell are parted by | or ; or new lines.\n\n"+
			"example: gendan answer --json --kb faq.csv 怎么开发票\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if *list == "" || *file == "" && flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	index, err := loadList(*list, *packName)
	if err != nil {
		fmt.Fprintf(stderr, "gendan answer: %s\n", oneLine(err.Error()))
		return 1
	}
	out := bufio.NewWriter(stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err = eachUtterance(flags.Args(), *file, stdin, func(text string) error {
		a := index.Answer(text)
		if *asJSON {
			return enc.Encode(a)
		}
		return showAnswer(out, a)
	})
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		fmt.Fprintf(stderr, "gendan answer: %s\n", oneLine(err.Error()))
		return 1
	}
	return 0
}

// loadList reads a list and the words of the pack.
func loadList(file, pack string) (*knowledge.Index, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	entries, err := knowledge.ReadCSV(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s, err := templates.LoadSynonyms(pack)
	if err != nil {
		return nil, err
	}
	return knowledge.New(entries, knowledge.NewWords(s.Same, s.Near, s.Apart, s.Topics)), nil
}

// showAnswer writes an answer for people.
func showAnswer(out io.Writer, a knowledge.Answer) error {
	if a.ID == "" {
		_, err := fmt.Fprintf(out, "%s\n  (to a person: %s, %.2f)\n", a.Text, a.Reason, a.Confidence)
		return err
	}
	_, err := fmt.Fprintf(out, "%s\n  %s  %.2f  %s\n", a.Text, a.ID, a.Confidence, oneLine(a.Answer))
	return err
}
