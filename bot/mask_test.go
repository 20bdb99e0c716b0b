package bot

import (
	"testing"

	"gendan/bot/chat"
)

func TestHidePrivate(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"an amount", "金额 ¥380,000 → ¥400,000.50。", "金额 ¥＊＊＊ → ¥＊＊＊。"},
		{"a mobile in a sentence", "王强 13812345678 说好", "王强 138****5678 说好"},
		{"a mobile with dashes", "138-1234-5678", "138****5678"},
		{"a landline", "021-5888 1234", "021****1234"},
		{"a date stays", "预计 2026-11-30", "预计 2026-11-30"},
		{"a record number stays", "#1024 云帆", "#1024 云帆"},
		{"a time stays", "明天 15:00 提醒你", "明天 15:00 提醒你"},
		{"an ID number", "110101199003077777", "110****7777"},
	} {
		if got := hidePrivate(c.in); got != c.want {
			t.Errorf("%s: hidePrivate(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestDiscreetLeavesTheOriginal(t *testing.T) {
	card := &chat.Card{Title: "¥1", Fields: []chat.Field{{Name: "电话", Value: "13812345678"}}}
	got := discreet(chat.Reply{Text: "13812345678", Card: card})
	if got.Text != "138****5678" || got.Card.Fields[0].Value != "138****5678" || got.Card.Title != "¥＊＊＊" {
		t.Errorf("not masked: %+v %+v", got, got.Card)
	}
	if card.Title != "¥1" || card.Fields[0].Value != "13812345678" {
		t.Errorf("the private copy was changed: %+v", card)
	}
}
