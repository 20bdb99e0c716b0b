package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// proc is one incarnation of a server: from fork to end.
type proc struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended, never nil; read after done
}

func (p *proc) pid() int { return p.cmd.Process.Pid }

func (p *proc) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// fork starts cmd so that it gets a signal when we end, however we end. The kernel ties that signal to the
// thread that forked, so the goroutine keeps its thread for the child's life.
func fork(cmd *exec.Cmd) (*proc, error) {
	p, started := &proc{cmd: cmd, done: make(chan struct{})}, make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			if p.err = cmd.Wait(); p.err == nil {
				p.err = errors.New("exit status 0")
			}
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		if errors.Is(err, syscall.EPERM) && os.Geteuid() == 0 {
			return nil, fmt.Errorf("%w (this root may not change to another account, as in some containers: start as that account)", err)
		}
		return nil, err
	}
	return p, nil
}

// environ is all of our environment that a server sees: it holds our secrets otherwise, for its account to read.
func environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=" + localeName, "HOME=/", "TZ=UTC"}
}

// supervisor keeps one server alive. It is made by its user and started once.
type supervisor struct {
	log   *zap.Logger
	begin func(context.Context) (*proc, error) // clears away what an earlier incarnation left, and forks
	ready func(context.Context, *proc) error   // returns when it serves, has ended, or ctx has
	why   func() string                        // the end of the server's own log, for people
	room  func(error) error                    // names a full disk where that is the reason
	stops []os.Signal                          // from polite to rude; the last one cannot be refused

	now    atomic.Pointer[proc]
	cancel context.CancelFunc
	over   chan struct{}
}

// patience is how long a server may end again and again at its first start before we give up. Right after a
// crash its predecessor's processes and shared memory may still be going away.
const patience = 10 * time.Second

// start returns when the server serves, and from then on restarts it whenever it ends.
func (s *supervisor) start(ctx context.Context) error {
	begun := time.Now()
	for {
		p, err := s.up(ctx)
		if err == nil {
			break
		}
		if p == nil || ctx.Err() != nil || time.Since(begun) > patience {
			return fmt.Errorf("%w%s", err, s.why())
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	var life context.Context
	life, s.cancel = context.WithCancel(context.Background())
	s.over = make(chan struct{})
	go s.watch(life)
	return nil
}

// up makes one attempt. The returned proc is nil when not even a process came of it.
func (s *supervisor) up(ctx context.Context) (*proc, error) {
	p, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	s.now.Store(p)
	if err := s.ready(ctx, p); err != nil {
		if !p.ended() {
			s.end(ctx, p)
		}
		return p, err
	}
	return p, nil
}

// watch restarts the server until life ends.
func (s *supervisor) watch(life context.Context) {
	defer close(s.over)
	for {
		p := s.now.Load()
		select {
		case <-life.Done():
			return
		case <-p.done:
		}
		if life.Err() != nil {
			return
		}
		begun := time.Now()
		s.log.Warn("server ended, starting it again", zap.Int("pid", p.pid()), zap.NamedError("exit", p.err))
		for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
			_, err := s.up(life)
			if err == nil {
				break
			}
			if life.Err() != nil {
				return
			}
			if s.room != nil {
				err = s.room(fmt.Errorf("%w%s", err, s.why()))
			}
			s.log.Error("server does not start", zap.Error(err))
			if pause(life, wait) != nil {
				return
			}
		}
		s.log.Info("server serves again", zap.Int("pid", s.now.Load().pid()), zap.Duration("after", time.Since(begun)))
	}
}

// stop ends the supervision and the server; the server gets until the end of ctx for a clean shutdown.
func (s *supervisor) stop(ctx context.Context) {
	s.cancel()
	<-s.over
	s.end(ctx, s.now.Load())
}

// end ends p: politely until ctx ends, then less and less.
func (s *supervisor) end(ctx context.Context, p *proc) {
	for i, sig := range s.stops {
		_ = p.cmd.Process.Signal(sig) // fails only when it has ended, which the wait below sees
		if i == 0 {
			select {
			case <-p.done:
				return
			case <-ctx.Done():
				continue
			}
		}
		select {
		case <-p.done:
			return
		case <-time.After(3 * time.Second):
		}
	}
	<-p.done
}
