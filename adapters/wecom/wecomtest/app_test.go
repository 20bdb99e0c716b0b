package wecomtest_test

import (
	"strings"
	"testing"

	"gendan/adapters/wecom/wecomtest"
)

func TestCardOfAnAppFromSendToUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	a := w.newApp(nil)
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}

	if _, err := w.Say("lilei", "云帆推进到报价 ]]> 了", wecomtest.Options{Door: wecomtest.DoorApp}); err != nil {
		t.Fatal(err)
	}
	got := a.next(t)
	for _, part := range []string{"<MsgType><![CDATA[text]]></MsgType>", "<FromUserName><![CDATA[lilei]]></FromUserName>", "]]]]><![CDATA[>", "<AgentID>1000002</AgentID>"} {
		if !strings.Contains(got, part) {
			t.Errorf("callback %s lacks %s", got, part)
		}
	}

	sent := w.send("LiLei|nobody", "template_card", buttonCard("task-1"))
	if sent.Errcode != 0 || sent.MsgID == "" || sent.ResponseCode == "" || sent.InvalidUser != "nobody" {
		t.Fatalf("send: %s", sent.raw)
	}
	if _, err := w.Tap("lilei", "task-1", "undo:42"); err != nil {
		t.Fatal(err)
	}
	got = a.next(t)
	_, rest, _ := strings.Cut(got, "<ResponseCode><![CDATA[")
	code, _, _ := strings.Cut(rest, "]]>")
	if !strings.Contains(got, "<Event><![CDATA[template_card_event]]></Event>") || code == "" || code == sent.ResponseCode {
		t.Fatalf("tap: %s", got)
	}
	for _, rc := range []string{code, sent.ResponseCode} {
		update := map[string]any{"userids": []string{"lilei"}, "agentid": 1000002, "response_code": rc, "button": map[string]any{"replace_name": "已完成"}}
		if r := w.post("message/update_template_card", update); r.Errcode != 0 {
			t.Errorf("update: %s", r.raw)
		}
		if r := w.post("message/update_template_card", update); r.Errcode != 42022 {
			t.Errorf("update with a used code: %s", r.raw)
		}
	}
	if b := w.last("lilei"); b.Greyed != "已完成" {
		t.Errorf("lilei sees %+v", b)
	}
	if _, err := w.Tap("lilei", "task-1", "undo:42"); err == nil {
		t.Error("a greyed button can be tapped")
	}
}
