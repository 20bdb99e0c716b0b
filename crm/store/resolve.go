package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

func pqInts(ids []int64) any { return pq.Array(ids) }

// Colleague is somebody that an action can name as owner or assignee.
type Colleague struct {
	ID       int64  `db:"id"`
	Name     string `db:"name"`
	Role     string `db:"role"`
	TeamID   int64  `db:"team_id"` // 0 is none
	Team     string `db:"team"`
	Platform string `db:"platform"` // where a push reaches the person; "" when nowhere
}

// Department is a team with who leads it.
type Department struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
	Lead int64  `db:"lead"` // the user; 0 when nobody leads it
}

// Colleagues lists everybody active, by name.
func (tx *Tx) Colleagues(ctx context.Context) (rows []Colleague, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT u.id, u.name, u.role, coalesce(u.team_id, 0) AS team_id, coalesce(t.name, '') AS team,
			coalesce((SELECT i.platform FROM identities i WHERE i.user_id = u.id AND i.active ORDER BY i.created_at, i.peer LIMIT 1), '') AS platform
		FROM users u LEFT JOIN teams t ON t.id = u.team_id
		WHERE u.active ORDER BY u.name, u.id LIMIT $1`, 20_000)
	if err != nil {
		return nil, fmt.Errorf("colleagues: %w", err)
	}
	return rows, nil
}

// Departments lists the teams by name.
func (tx *Tx) Departments(ctx context.Context) (rows []Department, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT t.id, t.name, coalesce((SELECT u.id FROM users u WHERE u.team_id = t.id AND u.active AND u.role IN ('lead', 'manager', 'admin')
			ORDER BY u.role = 'lead' DESC, u.id LIMIT 1), 0) AS lead
		FROM teams t ORDER BY t.name LIMIT $1`, 5000)
	if err != nil {
		return nil, fmt.Errorf("departments: %w", err)
	}
	return rows, nil
}

// WhatIs tells which record a number names among those the actor sees; crm.ErrNotFound.
func (tx *Tx) WhatIs(ctx context.Context, number int64) (crm.Ref, error) {
	var row struct {
		Kind string `db:"kind"`
		Name string `db:"name"`
	}
	err := tx.Get(ctx, &row, `
		SELECT 'customer' AS kind, name FROM customers WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'contact', name FROM contacts WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'lead', concat_ws(' ', nullif(company, ''), nullif(contact, '')) FROM leads WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'deal', title FROM deals WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'activity', '' FROM activities WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'reminder', '' FROM reminders WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'ticket', '' FROM tickets WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'order', product FROM orders WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'device', serial FROM devices WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'appointment', '' FROM appointments WHERE id = $1 AND deleted_at IS NULL
		UNION ALL SELECT 'task', '' FROM tasks WHERE id = $1 AND deleted_at IS NULL`, number)
	if err != nil {
		return crm.Ref{}, fmt.Errorf("record %d: %w", number, err)
	}
	return crm.Ref{Kind: crm.Kind(row.Kind), ID: number, Name: row.Name}, nil
}

// Platform is where a push reaches the user first; "" when nowhere.
func (tx *Tx) Platform(ctx context.Context, user crm.UserID) (string, error) {
	var platform string
	err := tx.Get(ctx, &platform, `
		SELECT coalesce((SELECT platform FROM identities WHERE user_id = $1 AND active ORDER BY created_at, peer LIMIT 1), '')`, int64(user))
	if err != nil {
		return "", fmt.Errorf("user %d: platform: %w", user, err)
	}
	return platform, nil
}
