package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
)

// web serves h until the returned function is called, which waits for its end.
func web(t *testing.T, h func(life context.Context) http.Handler) (url string, end func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveWeb(ctx, l, h(ctx), zap.NewNop()) }()
	return "http://" + l.Addr().String(), func() error { cancel(); return <-ended }
}

// TestARequestUnderWayIsAnsweredWhenWeStop, and one that lasts as long as its page is not waited for.
func TestARequestUnderWayIsAnsweredWhenWeStop(t *testing.T) {
	t.Parallel()
	taken, goOn := make(chan bool, 2), make(chan bool)
	url, end := web(t, func(life context.Context) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
			taken <- true
			<-goOn
			if r.Context().Err() != nil {
				http.Error(w, "cancelled", http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, "taken")
		})
		mux.Handle("/events", until(life, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			taken <- true
			<-r.Context().Done()
		})))
		return mux
	})
	answer := make(chan string, 2)
	for _, path := range []string{"/form", "/events"} {
		go func() {
			res, err := http.Get(url + path)
			if err != nil {
				answer <- err.Error()
				return
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			answer <- string(b)
		}()
	}
	<-taken
	<-taken
	stopped := make(chan error, 1)
	go func() { stopped <- end() }()
	if got := <-answer; got != "" {
		t.Errorf("the page's events end with %q", got)
	}
	close(goOn)
	if got := <-answer; got != "taken" {
		t.Errorf("the form was answered %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestWhoSendsSlowlyOrMuchIsCutOff(t *testing.T) {
	t.Parallel()
	url, end := web(t, func(context.Context) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
	})
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	req, _ := http.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("X-Much", strings.Repeat("x", 2*headerMost))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long header is answered %s", res.Status)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(4 * headerWait))
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("half a header keeps its connection")
	}
}

// TestASecondSignalEndsAtOnce runs this test again as a program that is told to stop and does not.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	if os.Getenv("GENDAN_TEST_STUCK") != "" {
		ctx := untilSignal()
		fmt.Println("up")
		<-ctx.Done()
		time.Sleep(100 * time.Millisecond) // until the handler is gone
		fmt.Println("stopping")
		select {}
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestASecondSignalEndsAtOnce$")
	cmd.Env = append(os.Environ(), "GENDAN_TEST_STUCK=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"up", "stopping"} {
		for lines.Scan() && lines.Text() != want {
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	var end *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &end) || end.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v", err)
	}
}
