package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"gendan/bot/chat"
)

const (
	uploadWithin = 3 * time.Minute // of one file; the largest is 20 MB
	uploadKept   = time.Hour       // how long its media_id is used again; the platform keeps it for 3 days
)

// uploads lets a file take longer than one attempt of its reply: the attempt gives up, the upload goes on, and
// the next attempt finds it. They end with Run.
type uploads struct {
	now  func() time.Time
	mu   sync.Mutex
	all  map[string]*uploading
	work sync.WaitGroup
}

type uploading struct {
	done   chan struct{} // closed when id and err are set
	id     string
	err    error
	at     time.Time
	cancel context.CancelFunc
}

// errUploading means that an upload goes on behind a failed attempt.
var errUploading = errors.New("wecom: the file is still going up")

// uploadKey names file i of r at a door; a reply without a key has its content for a name.
func uploadKey(d door, r chat.Reply, i int) string {
	key := r.Key
	if key == "" {
		sum := sha256.Sum256(r.Files[i].Data)
		key = hex.EncodeToString(sum[:])
	}
	return string(d) + ":" + partFile(i) + ":" + key
}

// get returns the media_id of the file that key names, uploading it with up unless that was begun before.
// While it goes on beyond ctx the error is [chat.Retry].
func (u *uploads) get(ctx context.Context, key string, up func(ctx context.Context) (string, error)) (string, error) {
	e := u.begin(ctx, key, up)
	select {
	case <-e.done:
	case <-ctx.Done():
		return "", &chat.SendError{Fault: chat.Retry, After: 2 * time.Second, Err: errUploading}
	}
	if e.err != nil {
		u.mu.Lock()
		if u.all[key] == e {
			delete(u.all, key)
		}
		u.mu.Unlock()
		return "", nothingShown(e.err)
	}
	return e.id, nil
}

func (u *uploads) begin(ctx context.Context, key string, up func(ctx context.Context) (string, error)) *uploading {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.now()
	for k, e := range u.all {
		if now.Sub(e.at) > uploadKept {
			e.cancel()
			delete(u.all, k)
		}
	}
	if e, ok := u.all[key]; ok {
		return e
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadWithin)
	e := &uploading{done: make(chan struct{}), at: now, cancel: cancel}
	if u.all == nil {
		u.all = map[string]*uploading{}
	}
	u.all[key] = e
	u.work.Go(func() {
		defer cancel()
		e.id, e.err = up(ctx)
		close(e.done)
	})
	return e
}

// close ends what is under way and waits for it.
func (u *uploads) close() {
	u.mu.Lock()
	for k, e := range u.all {
		e.cancel()
		delete(u.all, k)
	}
	u.mu.Unlock()
	u.work.Wait()
}
