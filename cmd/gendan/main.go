// Command gendan is the CRM bot: one binary that reads its settings from the environment, wires the
// rooms of the house together, runs and stops.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is a subcommand. Its code is the exit status: 0 only when it did what it was told.
type command struct {
	name  string
	short string
	run   func(ctx context.Context, args []string, io streams) int
}

// streams are where a command reads and writes, so that tests can run it in process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

var commands = []command{
	{"serve", "run the service; --demo adds the platform simulators, a demo company and the console", serveCommand},
	{"parse", "show what a sentence is understood as", func(_ context.Context, args []string, s streams) int {
		return parseCommand(args, s.in, s.out, s.err)
	}},
	{"chatlog", "show what a chat record says: its lines and facts", func(_ context.Context, args []string, s streams) int {
		return chatlogCommand(args, s.in, s.out, s.err)
	}},
	{"answer", "answer questions from a list alone", func(_ context.Context, args []string, s streams) int {
		return answerCommand(args, s.in, s.out, s.err)
	}},
	{"model", "try on a table of past cases how well leads, deals and leaving customers are foretold", modelCommand},
	{"knowledge", "fill the knowledge base from lists and documents", knowledgeCommand},
	{"sim", "run the platform simulators alone", simCommand},
	{"migrate", "bring the database schema up to date", migrateCommand},
	{"user", "add, list and disable colleagues and their chat identities", userCommand},
	{"service", "show and set the rules of service: hours, promises, escalation", serviceCommand},
	{"doctor", "check every setting and connection", doctorCommand},
	{"audit", "verify the audit chain", auditCommand},
	{"bench", "load generators with a JSON summary as the last line", benchCommand},
}

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// untilSignal ends with SIGINT or SIGTERM. A second one ends the program at once, whatever the first is still waiting for.
func untilSignal() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// run finds the command and runs it.
func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" || args[0] == "help" {
		usage(s.out)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:], s)
		}
	}
	fmt.Fprintf(s.err, "gendan: no command %q; gendan --help lists them\n", args[0])
	return 2
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "gendan 跟单: the CRM that people run by talking to it in WeCom and DingTalk\n\nCommands:")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.short)
	}
	fmt.Fprintln(w, "\nExample:\n  gendan serve --demo\n\n`gendan COMMAND --help` says more.")
}

// fail prints one line for the person at the keyboard.
func fail(s streams, err error) int {
	fmt.Fprintln(s.err, "gendan: "+oneLine(err.Error()))
	return 1
}

func oneLine(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r == '\n' || r == '\r' {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}
