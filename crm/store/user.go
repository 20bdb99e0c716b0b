package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/mozillazg/go-pinyin"

	"gendan/crm"
)

// User is a colleague as stored.
type User struct {
	ID          crm.UserID `db:"id"`
	Name        string     `db:"name"`
	Role        crm.Role   `db:"role"`
	TeamID      crm.TeamID `db:"team_id"`
	Team        string     `db:"team"` // its name
	Active      bool       `db:"active"`
	Zone        string     `db:"zone"`         // IANA name; "" is the company's
	BriefMinute int        `db:"brief_minute"` // morning brief, minutes after midnight; -1 is none
	Peers       []string   `db:"-"`            // chat.PeerIDs, active ones
}

// NewUser is what AddUser needs to know.
type NewUser struct {
	Name   string
	Role   crm.Role
	Team   string   // by name, made when there is none; "" is no team
	Mobile string   // for matching directory entries; "" when not known
	Email  string   // likewise
	Peers  []string // chat.PeerIDs
}

// actorQuery makes actors: with a team lead's teams, own and below.
const actorQuery = `
	SELECT u.id, u.name, u.role, coalesce(u.team_id, 0) AS team_id, u.zone,
		CASE WHEN u.role = 'lead' AND u.team_id IS NOT NULL THEN ARRAY(
			WITH RECURSIVE below (id) AS (
				SELECT u.team_id
				UNION
				SELECT t.id FROM teams t JOIN below b ON t.parent_id = b.id
			)
			SELECT id FROM below ORDER BY id)
		ELSE '{}' END AS teams
	FROM users u `

type actorRow struct {
	ID     int64         `db:"id"`
	Name   string        `db:"name"`
	Role   crm.Role      `db:"role"`
	TeamID int64         `db:"team_id"`
	Zone   string        `db:"zone"`
	Teams  pq.Int64Array `db:"teams"`
}

func (s *Store) actor(r actorRow) crm.Actor {
	a := crm.Actor{UserID: crm.UserID(r.ID), Name: r.Name, Role: r.Role, TeamID: crm.TeamID(r.TeamID), Scope: r.Role.Scope()}
	for _, t := range r.Teams {
		a.Teams = append(a.Teams, crm.TeamID(t))
	}
	a.Zone = s.ZoneOf(r.Zone)
	return a
}

// peerCache remembers who a peer is, for at most peerFresh: as long as a colleague who was disabled elsewhere may go on.
type peerCache struct {
	mu   sync.Mutex
	byID map[string]peerEntry
}

type peerEntry struct {
	actor crm.Actor
	err   error
	until time.Time // by the wall clock
}

const (
	peerFresh = 5 * time.Second
	peersMost = 20_000
)

// forgetPeers is called after each change to people, teams or identities.
func (s *Store) forgetPeers() {
	s.peers.mu.Lock()
	defer s.peers.mu.Unlock()
	clear(s.peers.byID)
}

// UserByPeer is the colleague behind a platform account. It returns [crm.ErrNotFound] for a stranger and for a
// colleague who is disabled. Answers are up to 5 s old.
func (s *Store) UserByPeer(ctx context.Context, peer string) (crm.Actor, error) {
	now := time.Now()
	s.peers.mu.Lock()
	e, ok := s.peers.byID[peer]
	s.peers.mu.Unlock()
	if ok && now.Before(e.until) {
		return e.actor, e.err
	}
	actor, err := s.oneActor(ctx, `JOIN identities i ON i.user_id = u.id WHERE i.peer = $1 AND i.active AND u.active`, peer)
	if err != nil && !errors.Is(err, crm.ErrNotFound) {
		return actor, err
	}
	s.peers.mu.Lock()
	defer s.peers.mu.Unlock()
	if s.peers.byID == nil || len(s.peers.byID) >= peersMost {
		s.peers.byID = map[string]peerEntry{}
	}
	s.peers.byID[peer] = peerEntry{actor, err, now.Add(peerFresh)}
	return actor, err
}

// UserByID is the colleague as an actor; [crm.ErrNotFound] when disabled or unknown.
func (s *Store) UserByID(ctx context.Context, id crm.UserID) (crm.Actor, error) {
	return s.oneActor(ctx, `WHERE u.id = $1 AND u.active`, int64(id))
}

func (s *Store) oneActor(ctx context.Context, where string, arg any) (crm.Actor, error) {
	var r actorRow
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &r, actorQuery+where, arg)
	})
	if err != nil {
		return crm.Actor{}, explain(err, "user %v", arg)
	}
	return s.actor(r), nil
}

// Admins are the active administrators, who hear of trouble.
func (s *Store) Admins(ctx context.Context) ([]User, error) {
	all, err := s.ListUsers(ctx)
	if err != nil {
		return nil, err
	}
	var admins []User
	for _, u := range all {
		if u.Active && u.Role == crm.Admin {
			admins = append(admins, u)
		}
	}
	return admins, nil
}

// ListUsers lists everybody, the disabled too, in the order they came.
func (s *Store) ListUsers(ctx context.Context) ([]User, error) {
	var rows []struct {
		User
		Peers pq.StringArray `db:"peers"`
	}
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		rows = rows[:0]
		return sqlx.SelectContext(ctx, q, &rows, `
			SELECT u.id, u.name, u.role, coalesce(u.team_id, 0) AS team_id, coalesce(t.name, '') AS team, u.active, u.zone, u.brief_minute,
				ARRAY(SELECT peer FROM identities i WHERE i.user_id = u.id AND i.active ORDER BY created_at, peer) AS peers
			FROM users u LEFT JOIN teams t ON t.id = u.team_id
			ORDER BY u.id`)
	})
	list := make([]User, len(rows))
	for i, r := range rows {
		list[i] = r.User
		list[i].Peers = r.Peers
	}
	return list, explain(err, "users")
}

// AddUser takes a colleague in, with their team and platform accounts. It returns [crm.ErrInvalid] for an empty
// name or an unknown role, and [crm.ErrConflict] when an account belongs to somebody else.
func (s *Store) AddUser(ctx context.Context, n NewUser) (id crm.UserID, err error) {
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" || n.Role.Scope() == crm.ScopeNone {
		return 0, fmt.Errorf("user %q, role %q: %w", n.Name, n.Role, crm.ErrInvalid)
	}
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		var team any
		if n.Team != "" {
			t, err := tx.team(ctx, n.Team)
			if err != nil {
				return err
			}
			team = int64(t)
		}
		mobile, email := NormalMobile(n.Mobile), NormalEmail(n.Email)
		err := tx.Get(ctx, &id, `
			INSERT INTO users (name, name_pinyin, role, team_id, mobile, mobile_index, email, email_index)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			RETURNING id`, n.Name, Pinyin(n.Name), string(n.Role), team,
			tx.Seal("users", "mobile", mobile), tx.Keys.Index("users.mobile", mobile),
			tx.Seal("users", "email", email), tx.Keys.Index("users.email", email))
		if err != nil {
			return err
		}
		for _, p := range n.Peers {
			if err := tx.link(ctx, id, p, n.Name); err != nil {
				return err
			}
		}
		return nil
	})
	s.forgetPeers()
	return id, err
}

// LinkIdentity says that a platform account is this colleague's. It returns [crm.ErrConflict] when it is
// somebody else's.
func (s *Store) LinkIdentity(ctx context.Context, id crm.UserID, peer string) error {
	err := s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error { return tx.link(ctx, id, peer, "") })
	s.forgetPeers()
	return err
}

func (tx *Tx) link(ctx context.Context, id crm.UserID, peer, name string) error {
	platform, rest, ok := strings.Cut(peer, ":")
	if !ok || platform == "" || rest == "" {
		return fmt.Errorf("peer %q: %w", peer, crm.ErrInvalid)
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO identities AS i (peer, user_id, platform, name) VALUES ($1, $2, $3, $4)
		ON CONFLICT (peer) DO UPDATE SET active = true, name = coalesce(nullif(excluded.name, ''), i.name)
		WHERE i.user_id = excluded.user_id`, peer, int64(id), platform, name)
	if err == nil && n == 0 {
		err = crm.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("peer %s: %w", peer, err)
	}
	return nil
}

// DisableUser lets a colleague in no more; their records stay.
func (s *Store) DisableUser(ctx context.Context, id crm.UserID) error {
	return s.changeUser(ctx, id, `active = $2`, false)
}

// EnableUser takes a disabled colleague in again.
func (s *Store) EnableUser(ctx context.Context, id crm.UserID) error {
	return s.changeUser(ctx, id, `active = $2`, true)
}

// SetRole gives a colleague another role.
func (s *Store) SetRole(ctx context.Context, id crm.UserID, role crm.Role) error {
	if role.Scope() == crm.ScopeNone {
		return fmt.Errorf("role %q: %w", role, crm.ErrInvalid)
	}
	return s.changeUser(ctx, id, `role = $2`, string(role))
}

// SetBriefMinute moves a colleague's morning brief: minutes after midnight in their zone, -1 for none.
func (s *Store) SetBriefMinute(ctx context.Context, id crm.UserID, minute int) error {
	return s.changeUser(ctx, id, `brief_minute = $2`, minute)
}

// SetTeam moves a colleague to a team, by name; "" is no team. Who sees what they own follows from it. The open tickets that they
// handle for the team they leave go with them; what was closed there stays there.
func (s *Store) SetTeam(ctx context.Context, id crm.UserID, team string) error {
	err := s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		var to crm.TeamID
		if team != "" {
			var err error
			if to, err = tx.team(ctx, team); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `
			WITH was AS (
				SELECT id, team_id FROM users WHERE id = $1 FOR UPDATE
			), tickets AS (
				UPDATE tickets t SET team_id = nullif($2::bigint, 0) FROM was
				WHERE t.owner_id = was.id AND t.team_id IS NOT DISTINCT FROM was.team_id AND t.state <> 'closed' AND t.deleted_at IS NULL
			)
			UPDATE users u SET team_id = nullif($2::bigint, 0), updated_at = now() FROM was WHERE u.id = was.id`, int64(id), int64(to))
		if err == nil && n == 0 {
			err = crm.ErrNotFound
		}
		return err
	})
	s.forgetPeers()
	if err != nil {
		return fmt.Errorf("user %d: %w", id, err)
	}
	return nil
}

// changeUser sets one column; set is a constant of this file.
func (s *Store) changeUser(ctx context.Context, id crm.UserID, set string, value any) error {
	err := s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		n, err := tx.Exec(ctx, `UPDATE users SET updated_at = now(), `+set+` WHERE id = $1`, int64(id), value)
		if err == nil && n == 0 {
			err = crm.ErrNotFound
		}
		return err
	})
	s.forgetPeers()
	if err != nil {
		return fmt.Errorf("user %d: %w", id, err)
	}
	return nil
}

// AddTeam makes a team below parent (by name, "" for none), or moves the one of that name there.
func (s *Store) AddTeam(ctx context.Context, name, parent string) (id crm.TeamID, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		var above any
		if parent != "" {
			p, err := tx.team(ctx, parent)
			if err != nil {
				return err
			}
			above = int64(p)
		}
		if id, err = tx.team(ctx, name); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE teams SET parent_id = $2 WHERE id = $1`, int64(id), above)
		return err
	})
	s.forgetPeers()
	return id, err
}

// team finds a team by name, or makes it.
func (tx *Tx) team(ctx context.Context, name string) (id crm.TeamID, err error) {
	err = tx.Get(ctx, &id, `
		INSERT INTO teams (name) VALUES ($1)
		ON CONFLICT (name) DO UPDATE SET name = excluded.name
		RETURNING id`, strings.TrimSpace(name))
	if err != nil {
		return 0, fmt.Errorf("team %q: %w", name, err)
	}
	return id, nil
}

// Pinyin is a name in letters without tones, "lilei" for 李雷; other runes are left out.
func Pinyin(name string) string {
	return strings.Join(pinyin.LazyPinyin(name, pinyin.NewArgs()), "")
}
