package bot

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap"
)

// TestWorkOutsideThatPanics: a picture that breaks its reader must not end the process, which would meet it again after
// each start.
func TestWorkOutsideThatPanics(t *testing.T) {
	t.Parallel()
	b := &Bot{slow: make(chan struct{}, 1), log: zap.NewNop()}
	got := brought{}
	ok := b.bring(t.Context(), outside{message: "wecom:1", name: "picture:0", limit: time.Second, do: func(context.Context) (any, error) {
		var none []byte
		return none[3], nil
	}}, got)
	if !ok || got["wecom:1/picture:0"].err == nil {
		t.Errorf("brought %v, %v", ok, got)
	}
	if len(b.slow) != 0 {
		t.Error("the place is still taken")
	}
}
