package main

import (
	"strings"
	"testing"
)

// TestDemoPhrasesNameBuyers: each rep with buyers is offered sentences about them, a member and somebody with orders.
func TestDemoPhrasesNameBuyers(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"wecom:lilei", "wecom:hanmeimei"} {
		platform, user, _ := strings.Cut(who, ":")
		said := strings.Join(demoPhrases(platform, user), "\n")
		member, buyer := false, false
		for _, b := range demoBuyers {
			if b.who != who || !strings.Contains(said, b.name) {
				continue
			}
			member = member || b.member
			buyer = buyer || strings.Contains(said, b.name+"买过什么")
		}
		if !member || !buyer {
			t.Errorf("%s is offered no member (%v) or no buyer (%v):\n%s", who, member, buyer, said)
		}
	}
}
