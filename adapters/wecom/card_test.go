package wecom

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"gendan/bot/chat"

	"pgregory.net/rapid"
)

func TestWholeCard(t *testing.T) {
	c := &chat.Card{
		ID: "c-1", Title: "确认写入云帆科技？", Body: "来自 6 条聊天记录",
		Fields:  []chat.Field{{Name: "阶段", Old: "需求确认", Value: "方案报价"}, {Name: "金额", Value: "¥180,000", Evidence: "预算十八万左右"}},
		Buttons: []chat.Button{{Key: "ok:1", Text: "确认", Style: "primary"}, {Key: "no:1", Text: "取消", Style: "danger"}, {Key: "ed:1", Text: "修改"}},
	}
	card, fits := wholeCard(c, botCard, "https://crm.example/")
	got, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"card_type":"button_interaction","main_title":{"title":"确认写入云帆科技？"},"sub_title_text":"来自 6 条聊天记录\n金额依据：预算十八万左右",` +
		`"horizontal_content_list":[{"keyname":"阶段","value":"需求确认 → 方案报价"},{"keyname":"金额","value":"¥180,000"}],` +
		`"button_list":[{"text":"确认","style":1,"key":"ok:1"},{"text":"取消","style":3,"key":"no:1"},{"text":"修改","style":2,"key":"ed:1"}],"task_id":"c-1"}`
	if string(got) != want || !fits {
		t.Errorf("fits %v\n%s\n%s", fits, got, want)
	}
	for state, word := range stateWords {
		done := *c
		done.State = state
		card, _ := wholeCard(&done, appCard, "https://crm.example/")
		if card.CardType != noticeCard || card.Buttons != nil || card.Action.URL != "https://crm.example/" || card.MainTitle.Desc != word {
			t.Errorf("%s: %+v", state, card)
		}
	}
	c.Fields[0].Value = strings.Repeat("长", 40)
	if card, fits := wholeCard(c, botCard, ""); fits || utf8.RuneCountInString(card.Fields[0].Value) != botCard.value || !strings.HasSuffix(card.Fields[0].Value, "…") {
		t.Errorf("too long: fits %v %+v", fits, card.Fields[0])
	}
}

func TestLongTitleOfAFinishedCardStandsInItsBody(t *testing.T) {
	title := "已撤销：云帆科技 阶段 方案报价 → 需求确认，金额 ¥380,000 → ¥200,000"
	card, fits := wholeCard(&chat.Card{ID: "x", Title: title, State: chat.Undone, Note: "已撤销"}, botCard, "https://x")
	if !fits || card.MainTitle.Title != "" || card.SubTitleText != title || card.MainTitle.Desc != "已撤销" {
		t.Errorf("fits %v %+v", fits, card)
	}
	note := strings.Repeat("注", 40)
	card, fits = wholeCard(&chat.Card{ID: "x", Title: note, Note: note, Buttons: []chat.Button{{Key: "k", Text: "好"}}}, botCard, "https://x")
	if !fits || !strings.HasSuffix(card.MainTitle.Title, "…") || card.MainTitle.Desc != "" || card.SubTitleText != note {
		t.Errorf("fits %v %+v", fits, card)
	}
}

func TestCardsAlwaysKeepThePlatformsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &chat.Card{ID: "x", Title: rapid.String().Draw(t, "title"), Body: rapid.String().Draw(t, "body"), Note: rapid.String().Draw(t, "note"),
			State: rapid.SampledFrom([]chat.State{"", chat.Pending, chat.Working, chat.Done}).Draw(t, "state")}
		for range rapid.IntRange(0, 9).Draw(t, "fields") {
			c.Fields = append(c.Fields, chat.Field{Name: rapid.String().Draw(t, "name"), Old: rapid.String().Draw(t, "old"), Value: rapid.String().Draw(t, "value")})
		}
		for range rapid.IntRange(0, 9).Draw(t, "buttons") {
			c.Buttons = append(c.Buttons, chat.Button{Key: "k", Text: rapid.StringN(1, 20, -1).Draw(t, "text")})
		}
		for _, lim := range []cardLimits{botCard, appCard} {
			card, _ := wholeCard(c, lim, "https://x")
			over := func(s string, n int) bool { return utf8.RuneCountInString(s) > n }
			bad := over(card.MainTitle.Title, lim.title) || over(card.MainTitle.Desc, lim.desc) || over(card.SubTitleText, lim.sub) ||
				len(card.Fields) > 6 || len(card.Buttons) > 6
			for _, f := range card.Fields {
				bad = bad || f.Name == "" || over(f.Name, lim.name) || over(f.Value, lim.value)
			}
			for _, b := range card.Buttons {
				bad = bad || over(b.Text, lim.button)
			}
			if (card.CardType == buttonCard) != (len(card.Buttons) > 0) || bad {
				t.Fatalf("%+v", card)
			}
		}
	})
}

func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("跟单a \n😀"))).Draw(t, "text")
		most := rapid.IntRange(4, 40).Draw(t, "most")
		parts := split(text, most)
		for _, p := range parts {
			if len(p) > most || !utf8.ValidString(p) || strings.TrimSpace(p) == "" {
				t.Fatalf("part %q of %d", p, most)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(strings.Join(parts, "")) != squeeze(text) {
			t.Fatalf("%q became %q", text, parts)
		}
	})
	if got := split("一行\n二行\n三行", 14); len(got) != 2 || got[0] != "一行\n二行" || got[1] != "三行" {
		t.Errorf("%q", got)
	}
	if split(" \n ", 10) != nil {
		t.Error("blanks became a part")
	}
	if got := split(strings.Repeat("\x80", 10), 4); len(strings.Join(got, "")) != 10 {
		t.Errorf("no UTF-8: %q", got)
	}
}

func TestStripMention(t *testing.T) {
	for _, c := range []struct{ name, text, bot, want string }{
		{"first word", "@跟单 云帆到哪了", "", "云帆到哪了"},
		{"the client's own space", "@跟单\u2005云帆到哪了", "", "云帆到哪了"},
		{"alone", "@跟单", "", ""},
		{"at the end", "云帆到哪了 @跟单", "", "云帆到哪了"},
		{"somebody else at the end", "@跟单 转给 @李雷", "", "转给 @李雷"},
		{"a name with blanks", "@跟单 助手 云帆到哪了", "跟单 助手", "云帆到哪了"},
		{"in the middle", "提醒我 @跟单 明天三点", "跟单", "提醒我 明天三点"},
		{"an address", "发到 a@b.com", "", "发到 a@b.com"},
		{"somebody else only", "@李雷 你看", "跟单", "@李雷 你看"},
	} {
		if got := stripMention(c.text, c.bot); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTagsOfCustomersWordsAreInert(t *testing.T) {
	if got := inert(`<a href="http://evil">点我</a> 3<4 <THINK>`, textTags); got != `＜a href="http://evil">点我＜/a> 3<4 ＜THINK>` {
		t.Error(got)
	}
	if got := inert(`<think>藏</think><font color="info">`, markdownTags); got != `＜think>藏＜/think><font color="info">` {
		t.Error(got)
	}
}
