package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"go.uber.org/zap"

	"gendan/crm/store"
)

// migrateCommand brings the schema up to date, or says how it stands.
func migrateCommand(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(s.err)
	status := flags.Bool("status", false, "only say how the schema stands")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "gendan migrate brings the database schema up to date; serve does it by itself.\n\nExample:\n  gendan migrate --status\n\nFlags:")
		flags.PrintDefaults()
	}
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	set, err := readSettings(os.Getenv)
	if err != nil {
		return fail(s, err)
	}
	sv := &servers{databaseURL: set.DatabaseURL}
	defer sv.close()
	if err := sv.openPostgres(ctx, set, zap.NewNop(), true); err != nil {
		return fail(s, err)
	}
	if !*status {
		begun := time.Now()
		if err := store.Migrate(ctx, sv.databaseURL, zap.NewNop()); err != nil {
			return fail(s, fmt.Errorf("schema: %w", err))
		}
		defer func() { fmt.Fprintf(s.out, "done in %s\n", time.Since(begun).Round(time.Millisecond)) }()
	}
	current, newest, err := store.SchemaVersion(ctx, sv.databaseURL)
	if err != nil {
		return fail(s, fmt.Errorf("schema: %w", err))
	}
	fmt.Fprintf(s.out, "schema version %d, newest %d\n", current, newest)
	if current != newest {
		return 1
	}
	return 0
}
