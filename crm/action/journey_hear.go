package action

import (
	"context"

	"gendan/crm/store"
)

// journeysListen names the events that a journey that is on listens to.
func (x *Executor) journeysListen(ctx context.Context, tx *store.Tx) ([]string, error) {
	return nil, nil
}

// journeysHear lets journeys react to an event, exactly once however often it is called.
func (x *Executor) journeysHear(ctx context.Context, e store.Happened) error { return nil }
