package main

import (
	"context"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm/store"
)

const (
	syncFirst = 10 * time.Second // after the start, when the connections are up
	syncEvery = 6 * time.Hour    // even when no platform says that somebody came or left
	syncMost  = 5 * time.Minute  // for one platform's whole directory
)

// directory is the doorbell that a platform rings when people came or left.
type directory chan struct{}

func newDirectory() directory { return make(directory, 1) }

func (d directory) changed() {
	select {
	case d <- struct{}{}:
	default:
	}
}

// syncPeople keeps the chat identities as the platforms' directories have them: who is known by identity,
// mobile or mail gets the platform's account, so that a person on both platforms is one person; who left
// is let in no more. Nobody becomes a colleague by it: that is the administrator's decision.
func (sv *service) syncPeople(ctx context.Context) error {
	wait := syncFirst
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		case <-sv.people:
		}
		wait = syncEvery
		for _, a := range sv.adapters {
			if err := sv.syncPlatform(ctx, a); err != nil && ctx.Err() == nil {
				sv.log.Warn("directory not synced", zap.String("platform", a.Name()), zap.Error(err))
				wait = 10 * time.Minute
			}
		}
	}
}

func (sv *service) syncPlatform(ctx context.Context, a chat.Adapter) error {
	ctx, cancel := context.WithTimeout(ctx, syncMost)
	defer cancel()
	people, err := a.People(ctx)
	if err != nil {
		return err
	}
	entries := make([]store.DirectoryEntry, 0, len(people))
	for _, p := range people {
		entries = append(entries, store.DirectoryEntry{Peer: string(p.Peer), Name: p.Name, Mobile: p.Mobile, Email: p.Email, Active: p.Active})
	}
	report, err := sv.servers.store.SyncDirectory(ctx, entries)
	if err != nil {
		return err
	}
	sv.log.Info("directory synced", zap.String("platform", a.Name()),
		zap.Int("known", report.Known), zap.Int("linked", len(report.Linked)), zap.Int("left", len(report.Ended)), zap.Int("strangers", len(report.Unmatched)))
	return nil
}
