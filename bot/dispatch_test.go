package bot

import (
	"context"
	"testing"
)

// TestDispatcher: a conversation is with one worker at a time, in the order of the rings, and a ring while it
// is being worked on means one more round.
func TestDispatcher(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	d := newDispatcher(2)
	d.ring("a", "x")
	d.ring("b", "y")
	d.ring("c", "z") // beyond the bound: left to the sweep
	d.ring("a", "x")
	if c, p, ok := d.next(ctx); c != "a" || p != "x" || !ok {
		t.Fatal(c, p, ok)
	}
	d.ring("a", "w") // while it is worked on
	if c, _, _ := d.next(ctx); c != "b" {
		t.Fatal(c)
	}
	if d.idle() {
		t.Error("two are being worked on")
	}
	d.done("b")
	d.done("a")
	if c, p, _ := d.next(ctx); c != "a" || p != "w" {
		t.Fatal(c, p)
	}
	d.done("a")
	if !d.idle() {
		t.Error("nothing is left")
	}
	cancel()
	if _, _, ok := d.next(ctx); ok {
		t.Error("it is over")
	}
}
