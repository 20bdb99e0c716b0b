package dingtalk_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

func TestFilesAreFetched(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.AddFile("报价.xlsx", []byte("0123456789"))
	m := h.sendKind(t, "li", "file", map[string]any{"fileName": "报价.xlsx", "downloadCode": code}, dingtalktest.Say{})
	if len(m.Files) != 1 || m.Files[0].Name != "报价.xlsx" {
		t.Fatalf("heard %+v", m)
	}
	data, err := h.a.Download(t.Context(), m.Files[0], 10)
	if err != nil || string(data) != "0123456789" {
		t.Fatalf("%q, %v", data, err)
	}
	if _, err := h.a.Download(t.Context(), m.Files[0], 9); chat.FaultOf(err) != chat.Rejected {
		t.Errorf("too large: %v", err)
	}
	dead := chat.Attachment{Handle: mustJSON(t, map[string]string{"code": "dead", "robot": "dingtestclient"})}
	if _, err := h.a.Download(t.Context(), dead, 10); chat.FaultOf(err) != chat.Rejected {
		t.Errorf("dead code: %v", err)
	}
	foreign := chat.Attachment{Handle: mustJSON(t, map[string]string{"code": code, "robot": "another"})}
	if _, err := h.a.Download(t.Context(), foreign, 10); chat.FaultOf(err) != chat.Rejected {
		t.Errorf("another robot's: %v", err)
	}
	h.RevokeTokens()
	if _, err := h.a.Download(t.Context(), m.Files[0], 10); err != nil {
		t.Errorf("after a revoked token: %v", err)
	}
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: "/v1.0/robot/messageFiles/download", Status: 503})
	if _, err := h.a.Download(t.Context(), m.Files[0], 10); chat.FaultOf(err) != chat.Retry {
		t.Errorf("platform busy: %v", err)
	}
}

func TestFilesAreSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "报表", dingtalktest.Say{})
	r := reply(m, "这是报表")
	r.Files = []chat.Upload{{Name: "漏斗", Kind: chat.Image, Data: []byte("png")}, {Name: "报表.xlsx", Kind: chat.File, Data: []byte("xlsx")},
		{Name: "客户.csv", Kind: chat.File, Data: []byte("名称\n云帆")}}
	h.send(t, r)
	bubbles, err := h.Bubbles("li", "")
	if err != nil || len(bubbles) != 5 {
		t.Fatalf("%d messages, %v", len(bubbles), err)
	}
	var got []string
	for _, b := range bubbles[1:] {
		s := b.MsgType
		if b.File != nil {
			s += " " + b.File.Name
		}
		got = append(got, s)
	}
	if want := "text,picture 漏斗.png,file 报表.xlsx,file 客户.csv.zip"; strings.Join(got, ",") != want {
		t.Errorf("shown %q", got)
	}
	_, packed, ok := h.Media(bubbles[4].File.MediaID)
	if !ok {
		t.Fatal("not uploaded")
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "客户.csv" {
		t.Fatalf("packed %v, %v", z, err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); err != nil || string(data) != "名称\n云帆" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestAFailedFileDoesNotRepeatTheText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := replyTo("li", "这是报表")
	r.Files = []chat.Upload{{Name: "a.pdf", Kind: chat.File, Data: []byte("x")}}
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: "/media/upload", Status: 503, Times: 2})
	if e := h.refused(t, r); e.Fault != chat.Unsure {
		t.Errorf("%+v", e)
	}
	r.Text = ""
	if e := h.refused(t, r); e.Fault != chat.Retry {
		t.Errorf("a file alone: %+v", e)
	}
	r.Files[0].Data = make([]byte, 21<<20)
	if _, err := h.a.Send(t.Context(), r); chat.FaultOf(err) != chat.Rejected {
		t.Error(err)
	}
	var e *chat.SendError
	if !errors.As(error(h.refused(t, r)), &e) || e.Code != "file" {
		t.Error(e)
	}
}
