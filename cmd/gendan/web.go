package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// The service's address is open to the world: who sends or reads slowly, or much, is cut off. What lasts longer by its nature
// (the console's events) moves its own deadline.
const (
	headerWait = 5 * time.Second
	bodyWait   = 30 * time.Second
	answerWait = time.Minute // from the header on
	headerMost = 64 << 10    // bytes
)

func webServer(h http.Handler, log *zap.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerWait, ReadTimeout: bodyWait, WriteTimeout: answerWait, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: headerMost, ErrorLog: zap.NewStdLog(log),
	}
}

// serveWeb answers requests until ctx ends, and then those that are under way: what somebody has sent is not dropped because
// we are being restarted. It takes stopWait for that at most.
func serveWeb(ctx context.Context, l net.Listener, h http.Handler, log *zap.Logger) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	web := webServer(h, log)
	web.BaseContext = func(net.Listener) context.Context { return requests }
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	select {
	case err := <-ended:
		return err // the listener broke
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(requests, stopWait)
	defer cancel()
	if err := web.Shutdown(end); err != nil {
		log.Warn("requests are cut off", zap.Error(err))
		endRequests()
		_ = web.Close() // what it could complain of is what we have just said
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// until ends the requests of h with life: those of the console last as long as its page is open.
func until(life context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}
