package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

const serviceUsage = `gendan service shows and changes the rules by which customers are served: working hours, what is promised to
whom, warnings, escalation, teams, skills, visits and canned answers. What a company sets lies over its pack's
rules; running processes take it up within ten seconds. docs/sla.md says what the file holds.

  gendan service show                 the company's own rules, as they were set
  gendan service pack                 the pack's rules, to begin from
  gendan service set FILE             check FILE and make it the company's own rules
  gendan service reset                go back to the pack's
  gendan service try [-level L] [-kind K] [-priority P] [-at TIME] WORDS
                                      what would become of a ticket with these words

Example:
  gendan service try -level 战略客户 打印机坏了`

// serviceCommand shows and changes the rules of service.
func serviceCommand(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprintln(s.out, serviceUsage)
		return map[bool]int{true: 2, false: 0}[len(args) == 0]
	}
	pack := templates.Default()
	switch {
	case args[0] == "pack" && len(args) == 1:
		fmt.Fprintln(s.out, string(pack.ServiceText()))
		return 0
	case args[0] == "show" && len(args) == 1:
		return withService(ctx, s, func(_ *action.Executor, own json.RawMessage, _ *crm.ServiceRules) error {
			if own == nil {
				fmt.Fprintln(s.out, "nothing of its own: the pack's rules hold; gendan service pack shows them")
				return nil
			}
			fmt.Fprintln(s.out, string(own))
			return nil
		})
	case args[0] == "set" && len(args) == 2, args[0] == "reset" && len(args) == 1:
		return withService(ctx, s, func(x *action.Executor, _ json.RawMessage, _ *crm.ServiceRules) error {
			var own []byte
			if len(args) == 2 {
				var err error
				if own, err = os.ReadFile(args[1]); err != nil {
					return err
				}
			}
			if err := x.KeepService(ctx, own); err != nil {
				return err
			}
			fmt.Fprintln(s.out, "set; running processes take it up within ten seconds, tickets with their next change")
			return nil
		})
	case args[0] == "try":
		return tryService(ctx, args[1:], s)
	}
	fmt.Fprintln(s.err, serviceUsage)
	return 2
}

// withService runs work with the company's own rules as they are set, and the rules that are in force.
func withService(ctx context.Context, s streams, work func(x *action.Executor, own json.RawMessage, rules *crm.ServiceRules) error) int {
	return withStore(ctx, s, func(st *store.Store) error {
		x := action.New(st, action.Config{Service: templates.Default().Service})
		var own json.RawMessage
		var rules *crm.ServiceRules
		err := st.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			if own, err = tx.Setting(ctx, "service"); err == nil {
				rules, err = x.ServiceRules(ctx, tx)
			}
			return err
		})
		if err != nil {
			return err
		}
		return work(x, own, rules)
	})
}

// tryService says what would become of a ticket.
func tryService(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("service try", flag.ContinueOnError)
	flags.SetOutput(s.err)
	var a crm.Asked
	flags.StringVar(&a.Level, "level", "", "the customer's level")
	flags.StringVar(&a.Kind, "kind", "", "the kind, if it was said")
	flags.StringVar(&a.Priority, "priority", "", "the priority, if it was said")
	at := flags.String("at", "", "when, as 2026-11-18T10:00:00+08:00; now when left out")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	for i, word := range flags.Args() {
		if i > 0 {
			a.Content += " "
		}
		a.Content += word
	}
	now := time.Now().Truncate(time.Second)
	if *at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, *at); err != nil {
			return fail(s, fmt.Errorf("-at: %w", err))
		}
	}
	return withService(ctx, s, func(x *action.Executor, own json.RawMessage, rules *crm.ServiceRules) error {
		if err := x.CheckService(own); err != nil {
			return fmt.Errorf("what is set is not in force: %w", err)
		}
		for _, v := range []struct {
			value *string
			rule  func(crm.Asked) string
			none  string
		}{{&a.Kind, rules.Kind, "其他"}, {&a.Priority, rules.Priority, "普通"}} {
			if *v.value == "" {
				*v.value = v.rule(a)
			}
			if *v.value == "" {
				*v.value = v.none
			}
		}
		sla, ok := rules.SLA(a)
		if !ok {
			return errors.New("no promise fits")
		}
		fmt.Fprintf(s.out, "kind      %s\npriority  %s\nteam      %v\nskill     %s\npromise   %s\n", a.Kind, a.Priority, rules.Team(a), rules.Skill(a), sla.Name)
		t := crm.Ticket{State: crm.TicketNew, Kind: a.Kind, Priority: a.Priority}
		sla.Wind(&t, crm.Ticket{}, now)
		for _, m := range rules.Marks(&t, now) {
			fmt.Fprintf(s.out, "%-9s %3d %%  %s\n", m.Clock, m.Percent, m.At.In(crm.Shanghai).Format("2006-01-02 Mon 15:04:05"))
		}
		return nil
	})
}
