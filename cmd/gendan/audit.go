package main

import (
	"context"
	"errors"
	"fmt"

	"gendan/crm/store"
)

// auditCommand reads the audit chain from the first line to the last.
func auditCommand(ctx context.Context, args []string, s streams) int {
	if len(args) != 1 || args[0] != "verify" {
		fmt.Fprintln(s.out, "gendan audit verify reads the audit trail from the first line to the last and says whether a line was changed, added or\nremoved since it was sealed.\n\nExample:\n  gendan audit verify")
		if len(args) == 1 && (args[0] == "-h" || args[0] == "--help") {
			return 0
		}
		return 2
	}
	return withStore(ctx, s, func(st *store.Store) error {
		report, err := st.VerifyAudit(ctx)
		if err != nil {
			return err
		}
		if report.Broken != "" {
			return errors.New("audit: " + report.Broken)
		}
		fmt.Fprintf(s.out, "audit chain whole: %d lines in %d links, %d newer lines not sealed yet\n", report.Lines, report.Seals, report.Unsealed)
		return nil
	})
}
