package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gendan/bot/chatlog"
	"gendan/templates"
)

// names collects a flag that may be given several times.
type names []string

func (n *names) String() string     { return strings.Join(*n, " ") }
func (n *names) Set(s string) error { *n = append(*n, s); return nil }

// chatlogCommand is `gendan chatlog`: it prints the lines and the facts of chat records, one JSON object a
// file. It returns the exit status, which is 0 also for what cannot be read as a record.
func chatlogCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gendan chatlog", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print JSON, one object a record")
	format := flags.String("format", "auto", "`FORMAT`: auto, kf, dingtalk, archive, paste, html or csv")
	nowText := flags.String("now", "", "the moment of reading, RFC 3339 (default: the clock)")
	packName := flags.String("pack", "default", "industry pack")
	var us names
	flags.Var(&us, "us", "`NAME` of one of our own people; may be repeated")
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: gendan chatlog [--json] [--format FORMAT] [--now T] [--us NAME]... FILE...|-\n\n"+
			"example: gendan chatlog --json --us 乔楠 record.txt\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	o := chatlog.Options{Format: chatlog.Format(*format), Now: time.Now(), Us: us}
	switch o.Format {
	case chatlog.Auto, chatlog.KF, chatlog.DingTalk, chatlog.Archive, chatlog.Paste, chatlog.HTML, chatlog.CSV:
	default:
		fmt.Fprintf(stderr, "gendan chatlog: --format %q is none of auto, kf, dingtalk, archive, paste, html, csv\n", *format)
		return 2
	}
	if *nowText != "" {
		var err error
		if o.Now, err = time.Parse(time.RFC3339, *nowText); err != nil {
			fmt.Fprintf(stderr, "gendan chatlog: --now %q is not RFC 3339, for example 2026-11-18T10:00:00+08:00\n", *nowText)
			return 2
		}
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	var err error
	if o.Pack, err = templates.Load(*packName); err != nil {
		fmt.Fprintf(stderr, "gendan chatlog: %v\n", err)
		return 1
	}
	out := bufio.NewWriter(stdout)
	for _, file := range flags.Args() {
		if err = printRecord(out, file, stdin, o, *asJSON); err != nil {
			break
		}
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		fmt.Fprintf(stderr, "gendan chatlog: %v\n", err)
		return 1
	}
	return 0
}

// printRecord reads one file and writes what it says.
func printRecord(out io.Writer, file string, stdin io.Reader, o chatlog.Options, asJSON bool) error {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return err
	}
	r := chatlog.Read(file, data, o)
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	return showRecord(out, r)
}

// showRecord writes a record for people.
func showRecord(out io.Writer, r chatlog.Record) error {
	title := r.Title
	if title != "" {
		title = "  " + title
	}
	fmt.Fprintf(out, "%s  %s%s\n", r.File, r.Format, title)
	for _, l := range r.Lines {
		at := "-"
		if l.At != nil {
			at = l.At.Format("2006-01-02 15:04:05")
		}
		who := l.Sender
		if who == "" {
			who = "-"
		}
		if l.Side != "" {
			who += " (" + string(l.Side) + ")"
		}
		text := strings.ReplaceAll(l.Text, "\n", " / ")
		if l.Kind != chatlog.Text {
			text = strings.TrimSpace("[" + string(l.Kind) + "] " + text)
		}
		if l.Quote != "" {
			text += "  «" + strings.ReplaceAll(l.Quote, "\n", " / ") + "»"
		}
		fmt.Fprintf(out, "%4d  %-19s  %s%s: %s\n", l.N, at, strings.Repeat("  ", l.Depth), who, text)
	}
	for _, f := range r.Facts {
		b, err := json.Marshal(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "fact  %s\n", b)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "warning  %s\n", w)
	}
	_, err := fmt.Fprintln(out)
	return err
}
