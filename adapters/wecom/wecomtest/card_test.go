package wecomtest_test

import (
	"strings"
	"testing"

	"gendan/adapters/wecom/wecomtest"
)

func TestCardRules(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	with := func(card m, extra m) m {
		for k, v := range extra {
			if v == nil {
				delete(card, k)
			} else {
				card[k] = v
			}
		}
		return card
	}
	list := func(n int, item any) (l []any) {
		for range n {
			l = append(l, item)
		}
		return l
	}
	options := list(2, m{"id": "a", "text": "甲"})
	n := 0
	task := func() string { n++; return "t" + strings.Repeat("i", n) }
	button := func(extra m) m { return with(buttonCard(task()), extra) }
	notice := func(extra m) m { return with(noticeCard(""), extra) }
	vote := func(extra m) m {
		return with(m{"card_type": "vote_interaction", "main_title": m{"title": "午饭"}, "task_id": task(),
			"checkbox": m{"question_key": "q", "option_list": options}, "submit_button": m{"text": "提交", "key": "s"}}, extra)
	}
	multiple := func(extra m) m {
		return with(m{"card_type": "multiple_interaction", "main_title": m{"title": "选人"}, "task_id": task(),
			"select_list": list(1, m{"question_key": "q", "option_list": options}), "submit_button": m{"text": "提交", "key": "s"}}, extra)
	}
	news := func(extra m) m {
		return with(m{"card_type": "news_notice", "main_title": m{"title": "战报"}, "card_image": m{"url": "https://x.example/a.png", "aspect_ratio": 1.5},
			"card_action": m{"type": 1, "url": "https://x.example"}}, extra)
	}
	tests := []struct {
		name string
		card m
		want int
	}{
		{"buttons", button(nil), 0},
		{"six buttons", button(m{"button_list": list(6, m{"text": "好", "key": "k"})}), 0},
		{"seven buttons", button(m{"button_list": list(7, m{"text": "好", "key": "k"})}), 42017},
		{"no buttons", button(m{"button_list": nil}), 42017},
		{"button without text", button(m{"button_list": list(1, m{"key": "k"})}), 42038},
		{"button without key", button(m{"button_list": list(1, m{"text": "好"})}), 42039},
		{"button with a long key", button(m{"button_list": list(1, m{"text": "好", "key": strings.Repeat("k", 1025)})}), 42018},
		{"link button without url", button(m{"button_list": list(1, m{"text": "好", "type": 1})}), 42028},
		{"no title", button(m{"main_title": nil}), 42033},
		{"no task_id", button(m{"task_id": nil}), 42014},
		{"bad task_id", button(m{"task_id": "a b"}), 42014},
		{"long task_id", button(m{"task_id": strings.Repeat("a", 129)}), 42014},
		{"drop-down", button(m{"button_selection": m{"question_key": "q", "option_list": options}}), 0},
		{"drop-down of eleven", button(m{"button_selection": m{"question_key": "q", "option_list": list(11, m{"id": "a", "text": "甲"})}}), 42037},
		{"drop-down without key", button(m{"button_selection": m{"option_list": options}}), 42043},
		{"text notice", notice(nil), 0},
		{"text notice with sub title only", notice(m{"main_title": nil, "sub_title_text": "好"}), 0},
		{"text notice without any", notice(m{"main_title": nil}), 42033},
		{"without action", notice(m{"card_action": nil}), 42045},
		{"action without url", notice(m{"card_action": m{"type": 1}}), 42028},
		{"action without appid", notice(m{"card_action": m{"type": 2}}), 42030},
		{"menu", notice(m{"action_menu": m{"desc": "更多", "action_list": list(2, m{"text": "静音", "key": "mute"})}, "task_id": task()}), 0},
		{"menu without task_id", notice(m{"action_menu": m{"action_list": list(1, m{"text": "静音", "key": "mute"})}, "task_id": nil}), 42014},
		{"menu of four", notice(m{"action_menu": m{"action_list": list(4, m{"text": "静音", "key": "mute"})}, "task_id": task()}), 40058},
		{"six lines", notice(m{"horizontal_content_list": list(6, m{"keyname": "金额", "value": "1"})}), 0},
		{"seven lines", notice(m{"horizontal_content_list": list(7, m{"keyname": "金额"})}), 42035},
		{"line without name", notice(m{"horizontal_content_list": list(1, m{"value": "1"})}), 42027},
		{"link line without url", notice(m{"horizontal_content_list": list(1, m{"keyname": "a", "type": 1})}), 42028},
		{"file line without media", notice(m{"horizontal_content_list": list(1, m{"keyname": "a", "type": 2})}), 42029},
		{"four jumps", notice(m{"jump_list": list(4, m{"type": 1, "title": "a", "url": "https://x.example"})}), 42042},
		{"jump without url", notice(m{"jump_list": list(1, m{"type": 1, "title": "a"})}), 42028},
		{"news", news(nil), 0},
		{"news without picture", news(m{"card_image": nil}), 42044},
		{"news with a flat picture", news(m{"card_image": m{"url": "https://x.example", "aspect_ratio": 3}}), 40058},
		{"five blocks", news(m{"vertical_content_list": list(5, m{"title": "a"})}), 42036},
		{"vote", vote(nil), 0},
		{"vote without options", vote(m{"checkbox": m{"question_key": "q"}}), 42037},
		{"vote of twenty-one", vote(m{"checkbox": m{"question_key": "q", "option_list": list(21, m{"id": "a", "text": "甲"})}}), 42037},
		{"option without id", vote(m{"checkbox": m{"question_key": "q", "option_list": list(1, m{"text": "甲"})}}), 42040},
		{"option without text", vote(m{"checkbox": m{"question_key": "q", "option_list": list(1, m{"id": "a"})}}), 42041},
		{"vote without submit", vote(m{"submit_button": nil}), 42049},
		{"submit without key", vote(m{"submit_button": m{"text": "好"}}), 42046},
		{"several choices", multiple(nil), 0},
		{"four choices", multiple(m{"select_list": list(4, m{"question_key": "q", "option_list": options})}), 42047},
		{"another kind", m{"card_type": "hologram"}, 42031},
	}
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{PerMinute: -1}})
	for _, tt := range tests {
		if r := w.send("lilei", "template_card", tt.card); r.Errcode != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, r.raw, tt.want)
		}
	}
}

func TestOverlongTextsAreCutNotRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	card := noticeCard("")
	card["main_title"] = map[string]any{"title": strings.Repeat("长", 37)}
	card["horizontal_content_list"] = []any{map[string]any{"keyname": "六个字的名字", "value": "1"}}
	if r := w.send("lilei", "template_card", card); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	if got := strings.Join(w.last("lilei").Cut, ";"); got != "main_title.title 37>36;horizontal_content_list.keyname 6>5" {
		t.Errorf("cut: %s", got)
	}
}

func TestSelectionsGoOutWithTheTap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	a := w.newApp(nil)
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	card := map[string]any{"card_type": "multiple_interaction", "main_title": map[string]any{"title": "转给"}, "task_id": "pick",
		"select_list": []any{map[string]any{"question_key": "who", "selected_id": "a", "option_list": []any{
			map[string]any{"id": "a", "text": "李雷"}, map[string]any{"id": "b", "text": "韩梅梅"}}}},
		"submit_button": map[string]any{"text": "提交", "key": "go"}}
	if r := w.send("lilei", "template_card", card); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	for want, chosen := range map[string]map[string][]string{"a": nil, "b": {"who": {"b"}}} {
		if _, err := w.TapSelected("lilei", "pick", "go", chosen); err != nil {
			t.Fatal(err)
		}
		part := "<QuestionKey><![CDATA[who]]></QuestionKey><OptionIds><OptionId><![CDATA[" + want + "]]></OptionId></OptionIds>"
		if got := a.next(t); !contains(got, part) {
			t.Errorf("tap: %s lacks %s", got, part)
		}
	}
}
