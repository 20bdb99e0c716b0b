package bot

import (
	"testing"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
)

func TestMemoryForgets(t *testing.T) {
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	m := &memory{Minds: map[chat.PeerID]*mind{}}
	d := m.of("wecom:lilei", now)
	d.Focus, d.List = yunfan, []crm.Ref{{ID: 1}}
	d.Pending = &pending{Kind: "ask", Expires: now.Add(askLife)}
	if d = m.of("wecom:lilei", now.Add(askLife-time.Second)); d.open(now.Add(askLife-time.Second)) == nil || d.idle != askLife-time.Second {
		t.Error("a question is open for ten minutes", d.idle)
	}
	if d.open(now.Add(askLife)) != nil {
		t.Error("and no longer")
	}
	if d = m.of("wecom:lilei", now.Add(48*time.Hour)); d.Focus.Customer.ID != 0 || d.List != nil {
		t.Error("what was spoken of two days ago is forgotten")
	}
	if m.of("wecom:hanmeimei", now).Pending != nil {
		t.Error("everybody in a group has a mind of their own")
	}
	for i := range mostMinds + 5 {
		m.of(chat.PeerID(rune('a'+i)), now.Add(time.Duration(i)*time.Second))
	}
	if len(m.Minds) > mostMinds {
		t.Error(len(m.Minds))
	}
}
