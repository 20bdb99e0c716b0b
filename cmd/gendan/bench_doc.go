package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// summary is the last line of a load generator's output.
type summary struct {
	Bench   string          `json:"bench"`
	Machine string          `json:"machine"`
	Day     string          `json:"day"`
	Rounds  int             `json:"rounds"`
	Result  json.RawMessage `json:"result"`
}

// The lines in a document between which figures stand.
const (
	figuresBegin = "<!-- figures: written by make bench -->"
	figuresEnd   = "<!-- end of figures -->"
)

// updateFigures puts the summaries found in output, as tables, between the marks in document.
func updateFigures(output, document string) error {
	out, err := os.ReadFile(output)
	if err != nil {
		return err
	}
	doc, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(doc), figuresBegin)
	_, tail, ok2 := strings.Cut(rest, figuresEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s: no %q and %q", document, figuresBegin, figuresEnd)
	}
	var tables strings.Builder
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s summary
		if !strings.HasPrefix(lines.Text(), `{"bench":`) {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return fmt.Errorf("%s: %w", output, err)
		}
		if err := s.table(&tables); err != nil {
			return fmt.Errorf("%s: %s: %w", output, s.Bench, err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return os.WriteFile(document, []byte(head+figuresBegin+"\n\n"+tables.String()+figuresEnd+tail), 0o644)
}

func (s summary) table(w *strings.Builder) error {
	fmt.Fprintf(w, "### %s\n\n%s, on %s. Medians of %d.\n\n", s.Bench, s.Day, s.Machine, s.Rounds)
	switch s.Bench {
	case "chat":
		return s.chatTable(w)
	case "callback":
		var f callbackFigure
		if err := json.Unmarshal(s.Result, &f); err != nil {
			return err
		}
		fmt.Fprintf(w, "| clients | durable callbacks/s | p50 | p99 |\n|---|---|---|---|\n| %d | **%.0f** | %.1f ms | %.1f ms |\n\n", f.Clients, f.Rate, f.P50, f.P99)
	case "tickets":
		var f ticketResult
		if err := json.Unmarshal(s.Result, &f); err != nil {
			return err
		}
		f.table(w)
	case "timers":
		var all []timerFigure
		if err := json.Unmarshal(s.Result, &all); err != nil {
			return err
		}
		timerTable(w, all)
	}
	return nil
}

func (s summary) chatTable(w *strings.Builder) error {
	var r chatResult
	if err := json.Unmarshal(s.Result, &r); err != nil {
		return err
	}
	w.WriteString("| | a second | of pgbench | p50 | p99 | processor each: own + Postgres |\n|---|---|---|---|---|---|\n")
	for _, y := range r.Pgbench {
		fmt.Fprintf(w, "| pgbench, clients: %d | %.0f | | mean %.2f ms | | %.2f + %.2f ms |\n", y.Clients, y.TPS, y.MeanMS, y.CPU, y.PgCPU)
	}
	for _, f := range append(r.Chat, r.Half) {
		who := fmt.Sprintf("app, people: %d", f.People)
		switch {
		case f.Offer > 0:
			who = fmt.Sprintf("half load: %.0f messages/s offered", f.Offer)
		case f.Door == "bot":
			who = fmt.Sprintf("long connection, people: %d", f.People)
		}
		ratio := ""
		if f.Ratio > 0 {
			ratio = fmt.Sprintf("%.2f", f.Ratio)
		}
		fmt.Fprintf(w, "| %s | **%.0f** turns | %s | %.1f ms | %.1f ms | %.2f + %.2f ms |\n", who, f.TPS, ratio, f.P50, f.P99, f.CPU, f.PgCPU)
	}
	fmt.Fprintf(w, "\n%d turns in all, each heard once, answered once and rightly.\n\n", r.Turns)
	return nil
}

func timerTable(w *strings.Builder, all []timerFigure) {
	for _, mode := range []string{"burst", "spread"} {
		title := "All due at one instant"
		if mode == "spread" {
			title = "Spread evenly"
		}
		fmt.Fprintf(w, "%s:\n\n| | timers | set/s | done/s | late p50 | late p99 | late max | early |\n|---|---|---|---|---|---|---|---|\n", title)
		for _, f := range all {
			if f.Mode != mode {
				continue
			}
			early, done := "0", fmt.Sprintf("**%.0f**", f.Drain)
			if f.Early > 0 {
				early = fmt.Sprintf("%.0f, by up to %.0f ms", f.Early, f.EarlyBy)
			}
			if mode == "spread" {
				done = ""
			}
			fmt.Fprintf(w, "| %s | %d | %.0f | %s | %.1f ms | %.1f ms | %.1f ms | %s |\n", f.Who, f.N, f.Set, done, f.P50, f.P99, f.Max, early)
		}
		w.WriteByte('\n')
	}
}

// today is the day of a measurement.
func today() string { return time.Now().Format(time.DateOnly) }
