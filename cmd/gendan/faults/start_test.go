package faults

import (
	"testing"
	"time"
)

func TestTalk(t *testing.T) {
	h := build(t, plan{people: staff(3, bot, app, ding)})
	h.hire()
	c := h.serve()
	t.Log("ready after", c.took, "connected after", h.connected(c, 20*time.Second))
	h.opening()
	for _, p := range h.people {
		h.say(p, h.people[0].firm[:0]+"拜访了"+p.firm+",看了第10234号样品")
		h.say(p, p.firm+"建个商机 10235元")
		h.say(p, "明天下午3点提醒我带上第10236号合同")
	}
	time.Sleep(2 * time.Second)
	for _, p := range h.people {
		for _, b := range h.screen(p) {
			t.Logf("%s %s %q", p.door, b.kind, b.text)
		}
	}
}
