// Package conformance proves the simulator and the crypto with the platform's own npm packages. make
// conformance runs it; a plain go test leaves it out, since it needs Node.js and the network once.
package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("GENDAN_CONFORMANCE") != "" {
		if err := install(); err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// install fetches the pinned packages, unless they are there.
func install() error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("Node.js 18 or newer is needed: %w", err)
	}
	wanted, err := os.ReadFile("package-lock.json")
	if err != nil {
		return err
	}
	done, err := os.ReadFile("node_modules/.gendan-lock")
	if err == nil && bytes.Equal(done, wanted) {
		return nil
	}
	if _, err := os.Stat("node_modules/@wecom/crypto"); err == nil && done == nil {
		return nil // npm ci was run by hand
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return os.WriteFile("node_modules/.gendan-lock", wanted, 0o644)
}

func needNode(t *testing.T) {
	t.Helper()
	if os.Getenv("GENDAN_CONFORMANCE") == "" {
		t.Skip("make conformance runs this")
	}
}

// node is a running script.
type node struct {
	t     *testing.T
	in    io.WriteCloser
	lines chan map[string]any
}

// run starts a script; it ends with the test.
func run(t *testing.T, script string, env ...string) *node {
	t.Helper()
	needNode(t)
	cmd := exec.Command("node", script)
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); !strings.HasSuffix(strings.ToLower(name), "_proxy") { // all traffic is local
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, in: in, lines: make(chan map[string]any, 1000)}
	go func() {
		defer close(n.lines)
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, 8<<20)
		for scan.Scan() {
			var line map[string]any
			if json.Unmarshal(scan.Bytes(), &line) == nil {
				n.lines <- line
			}
		}
	}()
	t.Cleanup(func() {
		in.Close()
		timer := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		defer timer.Stop()
		for range n.lines {
		}
		cmd.Wait()
		if t.Failed() && trouble.Len() > 0 {
			t.Logf("node says: %s", trouble.String())
		}
	})
	return n
}

// next returns the next line for which its event is one of names (any, with no names).
func (n *node) next(names ...string) map[string]any {
	n.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case line, ok := <-n.lines:
			if !ok {
				n.t.Fatalf("node ended while waiting for %v", names)
			}
			if line["event"] == "failed" {
				n.t.Fatalf("the client failed: %v", line["detail"])
			}
			if len(names) == 0 {
				return line
			}
			for _, name := range names {
				if line["event"] == name {
					return line
				}
			}
		case <-deadline:
			n.t.Fatalf("nothing heard of %v in 30 s", names)
		}
	}
}

// ask writes a request and reads its answer.
func (n *node) ask(request map[string]string) map[string]any {
	n.t.Helper()
	data, err := json.Marshal(request)
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.in.Write(append(data, '\n')); err != nil {
		n.t.Fatal(err)
	}
	got := n.next()
	if got["error"] != nil {
		n.t.Fatalf("%s: %v", request["op"], got["error"])
	}
	return got
}
