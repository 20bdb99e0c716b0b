package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"gendan/adapters/wecom/wecomtest"
)

// TestGroupSendHelper: what the bot asks for waits on the colleague's phone for a tap, and appears on the customer's phone after it.
func TestGroupSendHelper(t *testing.T) {
	t.Parallel()
	s, p, w := desk(t)
	if err := s.AddFollow(wecomtest.Follow{UserID: "lilei", Customer: wang}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	c := s.Config()
	get := func(method, path string, body any) (out struct {
		Token string `json:"access_token"`
		Code  int    `json:"errcode"`
	}) {
		t.Helper()
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), method, s.APIURL()+"/cgi-bin/"+path, bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Code != 0 {
			t.Fatalf("%s: %+v %v", path, out, err)
		}
		return out
	}
	token := get(http.MethodGet, fmt.Sprintf("gettoken?corpid=%s&corpsecret=%s", c.CorpID, c.Secret), nil).Token
	get(http.MethodPost, "externalcontact/add_msg_template?access_token="+token, map[string]any{
		"chat_type": "single", "external_userid": []string{wang}, "sender": "lilei", "text": map[string]string{"content": "抹茶第二杯半价"},
	})
	helper := chatOf(t, w, "lilei", "群发助手")
	if len(helper.Bubbles) != 1 || helper.Bubbles[0].Card.Title != "发给王强" || len(helper.Bubbles[0].Buttons) != 1 {
		t.Fatalf("%+v", helper)
	}
	if chats, _ := p.Screen(wang); len(chats) != 1 {
		t.Errorf("the customer sees it before the tap: %+v", chats)
	}
	if err := w.Tap("lilei", helper.ID, helper.Bubbles[0].ID, "confirm"); err != nil {
		t.Fatal(err)
	}
	refused(t, w.Tap("lilei", helper.ID, helper.Bubbles[0].ID, "confirm"))
	if b := chatOf(t, w, "lilei", "群发助手").Bubbles[0]; b.Card.Status != "已发送" || len(b.Buttons) != 0 || b.Card.Title != "发给王强（已送达）" {
		t.Errorf("%+v", b.Card)
	}
	friend := chatOf(t, p, wang, "李雷")
	if len(friend.Bubbles) != 1 || friend.Bubbles[0].Text != "抹茶第二杯半价" || friend.Bubbles[0].Mine {
		t.Fatalf("%+v", friend)
	}
	if err := p.Say(wang, friend.ID, "要一杯"); err != nil {
		t.Fatal(err)
	}
	if c := chatOf(t, w, "lilei", "微信 · 王强"); len(c.Bubbles) != 2 || c.Bubbles[1].Text != "要一杯" || c.Bubbles[1].From != "王强" || !c.Bubbles[0].Mine {
		t.Errorf("%+v", c)
	}
	refused(t, w.Say("lilei", helper.ID, "在吗"))
}
