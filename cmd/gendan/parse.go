package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"gendan/bot/parse"
	"gendan/templates"
)

// parseCommand is `gendan parse`: it prints what the parser understands, one JSON object a line for each
// utterance. It returns the exit status.
func parseCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gendan parse", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print JSON, one object a line")
	nowText := flags.String("now", "", "the moment of speaking, RFC 3339 (default: the clock)")
	file := flags.String("file", "", "read one utterance a line from `FILE`; - is standard input")
	explain := flags.Bool("explain", false, "say which phrase of the pack decided")
	packName := flags.String("pack", "default", "industry pack")
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: gendan parse [--json] [--explain] [--now T] [--file FILE|-] [TEXT...]\n\n"+
			"example: gendan parse --json --now 2026-11-18T10:00:00+08:00 云帆推进到报价,38万,明天下午3点提醒我打电话给王强\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(spareMemory)
	}
	pack, err := templates.Load(*packName)
	if err != nil {
		fmt.Fprintf(stderr, "gendan parse: %v\n", err)
		return 1
	}
	now := time.Now().In(time.FixedZone("CST", 8*3600))
	if *nowText != "" {
		if now, err = time.Parse(time.RFC3339, *nowText); err != nil {
			fmt.Fprintf(stderr, "gendan parse: --now %q is not RFC 3339, for example 2026-11-18T10:00:00+08:00\n", *nowText)
			return 2
		}
		_, offset := now.Zone()
		now = now.In(time.FixedZone("", offset))
	}
	if *file == "" && flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	out := bufio.NewWriter(stdout)
	one := func(text string) error {
		r := parse.Parse(text, now, pack)
		return printUnderstanding(out, r, *asJSON, *explain)
	}
	err = eachUtterance(flags.Args(), *file, stdin, one)
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		fmt.Fprintf(stderr, "gendan parse: %v\n", err)
		return 1
	}
	return 0
}

// spareMemory is how much the command's memory may grow, in hundredths of what the parser's tables take, before it is swept: a file of any
// length is read in less than 100 MB, for a tenth of the time.
const spareMemory = 20

// eachUtterance calls one for every argument and every line of the file.
func eachUtterance(args []string, file string, stdin io.Reader, one func(string) error) error {
	for _, text := range args {
		if err := one(text); err != nil {
			return err
		}
	}
	if file == "" {
		return nil
	}
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewReader(in)
	for {
		text, err := lines.ReadString('\n')
		if text != "" {
			if err := one(strings.TrimRight(text, "\r\n")); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// printUnderstanding writes one answer, as JSON or for people.
func printUnderstanding(out io.Writer, r parse.Result, asJSON, explain bool) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if asJSON {
		if !explain {
			return enc.Encode(r)
		}
		return enc.Encode(struct {
			parse.Result
			Trail []string `json:"explain"`
		}{r, r.Trail})
	}
	fmt.Fprintf(out, "%s\n", r.Text)
	for _, a := range r.Actions {
		fmt.Fprintf(out, "  %s ", a.Name)
		if err := enc.Encode(a.Params); err != nil {
			return err
		}
	}
	if len(r.Actions) == 0 {
		fmt.Fprintln(out, "  (nothing)")
	}
	fmt.Fprintf(out, "  confidence %.2f\n", r.Confidence)
	if r.Ask != "" {
		fmt.Fprintf(out, "  ask %s\n", r.Ask)
	}
	if explain {
		for _, t := range r.Trail {
			fmt.Fprintf(out, "  because %s\n", t)
		}
	}
	return nil
}
