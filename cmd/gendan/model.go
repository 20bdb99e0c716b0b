package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"

	"gendan/adapters/sheet"
	"gendan/crm/predict/tabular"
)

// modelCommand is `gendan model`: it tries on a table of past cases how well their outcome can be foretold. No database.
func modelCommand(_ context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] != "try" {
		modelUsage(s.err)
		if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
			return 0
		}
		return 2
	}
	flags := flag.NewFlagSet("gendan model try", flag.ContinueOnError)
	flags.SetOutput(s.err)
	kind := flags.String("kind", "", "what is asked: `lead` (becomes a customer), win (the deal is won) or churn (the customer leaves)")
	file := flags.String("data", "", "the table: a csv or xlsx `FILE` with a header, one case a row")
	target := flags.String("target", "", "the `COLUMN` with the outcome; rows that have none yet (open deals) are left out")
	at := flags.String("time", "", "the `COLUMN` that orders the rows: the model learns from the earlier three quarters and is tested on the rest; without it the test rows are drawn by a fixed seed")
	asJSON := flags.Bool("json", false, "print JSON")
	flags.Usage = func() {
		modelUsage(s.err)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if *file == "" || *target == "" || *kind == "" || flags.NArg() > 0 {
		flags.Usage()
		return 2
	}
	report, err := tryModel(*file, tabular.Options{Kind: tabular.Kind(*kind), Target: *target, Time: *at})
	if err != nil {
		fmt.Fprintf(s.err, "gendan model: %s\n", oneLine(err.Error()))
		return 1
	}
	for _, note := range report.Notes {
		fmt.Fprintln(s.err, "note: "+oneLine(note))
	}
	fmt.Fprintf(s.err, "note: the best single column is %q: its rates alone reach AUC %.3f on the test rows\n", report.Rule, report.RuleAUC)
	if *asJSON {
		enc := json.NewEncoder(s.out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(report)
	} else {
		err = showReport(s.out, report)
	}
	if err != nil {
		fmt.Fprintf(s.err, "gendan model: %s\n", oneLine(err.Error()))
		return 1
	}
	return 0
}

func modelUsage(w io.Writer) {
	fmt.Fprint(w, "usage: gendan model try --kind lead|win|churn --data FILE --target COLUMN [--time COLUMN] [--json]\n\n"+
		"It learns from the earlier rows of any table who came true, and says how well that foretells the later ones.\n"+
		"Columns that give the outcome away are found and left out; each is named on stderr with the reason.\n"+
		"auc 0.5 is guessing, 1 perfect; brier and ece are the smaller the better; base gives everybody the mean.\n\n"+
		"example: gendan model try --kind win --data deals.csv --target stage --time created --json\n\n")
}

// tryModel reads the file and tries a model on it.
func tryModel(file string, o tabular.Options) (tabular.Report, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return tabular.Report{}, err
	}
	wanted := []string{o.Target}
	if o.Time != "" {
		wanted = append(wanted, o.Time)
	}
	table, err := sheet.Read(data, wanted...)
	if err != nil {
		return tabular.Report{}, fmt.Errorf("%s: %w", file, err)
	}
	report, err := tabular.Try(tabular.Data{Header: table.Header, Rows: table.Rows}, o)
	if err != nil {
		return report, fmt.Errorf("%s: %w", file, err)
	}
	for _, v := range []*float64{&report.AUC, &report.Brier, &report.ECE, &report.BaseAUC, &report.BaseBrier} {
		*v = math.Round(*v*1e5) / 1e5
	}
	return report, nil
}

// showReport writes a report for people.
func showReport(out io.Writer, r tabular.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%q against %q, learned from %d rows, tested on %d\n%s\n\n", r.Yes, r.No, r.NTrain, r.NTest, r.Mix)
	fmt.Fprintf(w, "\tmodel\tbase\nAUC\t%.3f\t%.3f\nBrier\t%.4f\t%.4f\nECE\t%.4f\t\n\n", r.AUC, r.BaseAUC, r.Brier, r.BaseBrier, r.ECE)
	fmt.Fprintln(w, "tenth\trows\tpromised\tcame\tlift")
	for i, g := range r.Deciles {
		fmt.Fprintf(w, "%d\t%d\t%.1f%%\t%.1f%%\t%.2f\n", i+1, g.N, 100*g.Promised, 100*g.Came, g.Lift)
	}
	fmt.Fprintln(w, "\ncolumn\tAUC lost without\tmost\tfewest")
	for _, f := range r.Top {
		fmt.Fprintf(w, "%s\t%.4f\t%s\t%s\n", f.Column, f.Drop, f.High, f.Low)
	}
	return w.Flush()
}
