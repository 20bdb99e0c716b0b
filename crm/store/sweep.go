package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"
)

// The sweep's batches: rows that go in one transaction, and how many of those a table may have in one night.
const (
	sweptRows    = 5000
	sweptBatches = 400
)

// SweptTable is a table of which rows are kept for a time only.
type SweptTable struct {
	Name    string `db:"name"`
	Monthly bool   `db:"monthly"` // by the month: whole partitions go
}

// SweptTables lists what [Store.Sweep] sweeps, in its order.
func (s *Store) SweptTables(ctx context.Context) (tables []SweptTable, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		tables = tables[:0]
		return sqlx.SelectContext(ctx, q, &tables, `SELECT name, monthly FROM swept_tables ORDER BY nr`)
	})
	return tables, explain(err, "swept tables")
}

// Sweep drops what is older than its table keeps (see migration 0112 and docs/operations.md), in batches; what is left over when a
// night's bound is reached goes in the next one. Of several processes one sweeps. A table that cannot be swept now keeps no
// other from it.
func (s *Store) Sweep(ctx context.Context) error {
	tables, err := s.SweptTables(ctx)
	if err != nil {
		return err
	}
	var failed error
	now := s.Now()
	for _, t := range tables {
		n, err := s.sweepTable(ctx, t, now)
		if n > 0 {
			s.log.Info("swept", zap.String("table", t.Name), zap.Int64("rows", n))
		}
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed = err
		}
	}
	return failed
}

func (s *Store) sweepTable(ctx context.Context, t SweptTable, now time.Time) (all int64, err error) {
	for t.Monthly {
		var month string
		if err := s.system(ctx, func(ctx context.Context, q querier) error {
			return sqlx.GetContext(ctx, q, &month, `SELECT gendan_drop_months($1, $2)`, t.Name, now)
		}); err != nil {
			return 0, explain(err, "sweep %s", t.Name)
		}
		if month == "" {
			break
		}
		s.log.Info("swept", zap.String("month", month))
	}
	for range sweptBatches {
		var n int64
		if err := s.system(ctx, func(ctx context.Context, q querier) error {
			return sqlx.GetContext(ctx, q, &n, `SELECT gendan_sweep($1, $2, $3)`, t.Name, now, sweptRows)
		}); err != nil {
			return all, explain(err, "sweep %s", t.Name)
		}
		if n > 0 {
			all += n
		}
		if n < sweptRows {
			break
		}
	}
	return all, nil
}
