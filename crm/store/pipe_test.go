package store

import (
	"bytes"
	"io"
	"net"
	"testing"
)

// TestPipe adds BEGIN and COMMIT to what the driver says, and takes the answer to BEGIN out, in whatever pieces it comes.
func TestPipe(t *testing.T) {
	for _, c := range []struct{ name, server, want string }{
		{"answered", string(bytes.Join(beginAnswers, nil)) + "2bound", "2bound"},
		{"an error instead", "E\x00\x00\x00\x08oh\x00\x00Z", "E\x00\x00\x00\x08oh\x00\x00Z"},
		{"an error after the first", "1\x00\x00\x00\x04E\x00\x00", "E\x00\x00"},
	} {
		for _, piece := range []int{1, 3, 100} {
			here, there := net.Pipe()
			p := &pipe{Conn: here}
			var said bytes.Buffer
			go func() {
				defer there.Close()
				b := make([]byte, 1<<10)
				for range 2 { // the start, and the statement
					n, _ := there.Read(b)
					said.Write(b[:n])
				}
				for rest := []byte(c.server); len(rest) > 0; rest = rest[min(piece, len(rest)):] {
					there.Write(rest[:min(piece, len(rest))])
				}
			}()
			if _, err := p.Write([]byte("\x00\x00\x00\x09\x00\x03\x00\x00\x00")); err != nil || !p.plain {
				t.Fatal(err, p.plain)
			}
			p.begin, p.commit = true, true
			if n, err := p.Write([]byte("Bind")); n != 4 || err != nil {
				t.Error(n, err)
			}
			got, err := io.ReadAll(p)
			if err != nil || string(got) != c.want {
				t.Errorf("%s, pieces of %d: %q, %v", c.name, piece, got, err)
			}
			if want := "\x00\x00\x00\x09\x00\x03\x00\x00\x00" + string(beginMessages) + "Bind" + string(commitMessage); said.String() != want {
				t.Errorf("%q was said, not %q", said.String(), want)
			}
			if n, err := p.Write(commitMessage); n != len(commitMessage) || err != nil || p.committed {
				t.Error("the driver's own COMMIT is swallowed:", n, err)
			}
		}
	}
}

// TestPipeKeepsOrder ends a connection on which something else is said while the answer to COMMIT is still to come.
func TestPipeKeepsOrder(t *testing.T) {
	here, there := net.Pipe()
	go io.Copy(io.Discard, there)
	p := &pipe{Conn: here, seen: true, plain: true, commit: true}
	if _, err := p.Write([]byte("Bind")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("Q\x00\x00\x00\x0dROLLBACK\x00")); err == nil {
		t.Error("it was said")
	}
	if _, err := here.Write(nil); err == nil {
		if _, err = here.Write([]byte("x")); err == nil {
			t.Error("the connection lives")
		}
	}
	tls := &pipe{Conn: here}
	tls.Write([]byte("\x00\x00\x00\x08\x04\xd2\x16\x2f"))
	if tls.plain {
		t.Error("under TLS nothing may be added")
	}
}
