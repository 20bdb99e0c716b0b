package console

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const keepAlive = 20 * time.Second

// events tells the page which platform has news and when the clock was moved, as server-sent events.
func (c *Console) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // as long as the page is open; where there is no deadline there is none to move
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithCancel(r.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	news := make(chan string)
	for _, p := range c.cfg.Phones {
		after := p.Last()
		group.Go(func() {
			for p.Wait(ctx, after) == nil {
				after = p.Last()
				select {
				case news <- p.Name():
				case <-ctx.Done():
					return
				}
			}
		})
	}
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	moved := c.movedChan()
	fmt.Fprintf(w, "event: hello\ndata: %s\n\n", c.start)
	for {
		if out.Flush() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case name := <-news:
			fmt.Fprintf(w, "event: news\ndata: %s\n\n", name)
		case <-moved:
			moved = c.movedChan()
			fmt.Fprint(w, "event: clock\ndata: -\n\n")
		case <-alive.C:
			fmt.Fprint(w, ": still here\n\n")
		}
	}
}

func (c *Console) movedChan() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}
