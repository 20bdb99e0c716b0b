package wecom

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"gendan/bot/chat"
)

const tapXML = `<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[zhangsan]]></FromUserName><CreateTime>1700000000</CreateTime>
<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[approve]]></EventKey>
<TaskId><![CDATA[task-1]]></TaskId><CardType><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[rc1]]></ResponseCode>
<AgentID>1000002</AgentID><SelectedItems><SelectedItem><QuestionKey><![CDATA[q1]]></QuestionKey><OptionIds><OptionId><![CDATA[o2]]></OptionId></OptionIds></SelectedItem></SelectedItems></xml>`

const textXML = `<xml><ToUserName>ww1436e0e65a779aee</ToUserName><FromUserName>ChenJiaShun</FromUserName><CreateTime>1476422779</CreateTime><MsgType>text</MsgType><Content>你好</Content><MsgId>1456453720</MsgId><AgentID>1000002</AgentID></xml>`

func TestReadAppFields(t *testing.T) {
	f, err := readAppFields([]byte(tapXML))
	if err != nil || f.from != "zhangsan" || f.eventKey != "approve" || f.taskID != "task-1" || f.code != "rc1" || f.event != "template_card_event" {
		t.Errorf("%+v, %v", f, err)
	}
	f, err = readAppFields([]byte(textXML))
	if err != nil || f.content != "你好" || f.id() != "app:1456453720" {
		t.Errorf("%+v, %v", f, err)
	}
	// What a person types cannot become a field.
	evil := `<xml><Content><![CDATA[</Content><FromUserName>boss</FromUserName>]]]]><![CDATA[>&amp;]]></Content><FromUserName>lilei</FromUserName><MsgType>text</MsgType></xml>`
	f, err = readAppFields([]byte(evil))
	if err != nil || f.from != "lilei" || f.content != "</Content><FromUserName>boss</FromUserName>]]>&amp;" {
		t.Errorf("%+v, %v", f, err)
	}
	f, err = readAppFields([]byte(`<?xml version="1.0"?><!-- x --><xml><Content>a&lt;b&#20320;</Content><Event/><SendLocationInfo><Label>世纪大道</Label></SendLocationInfo></xml> `))
	if err != nil || f.content != "a<b你" || f.label != "世纪大道" {
		t.Errorf("%+v, %v", f, err)
	}
	for _, bad := range []string{"", "x", "<xml>", "<xml><Content>", "<xml><Content></xml>", "<xml></xml><xml></xml>", "<xml><A><![CDATA[x</A></xml>", "</xml>", "<>", "<xml><a b"} {
		if _, err := readAppFields([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestEventsAreToldApart(t *testing.T) {
	one, _ := readAppFields([]byte(tapXML))
	again, _ := readAppFields([]byte(tapXML))
	other, _ := readAppFields([]byte(strings.Replace(tapXML, "rc1", "rc2", 1)))
	if one.id() != again.id() || one.id() == other.id() || !strings.HasPrefix(one.id(), "app:e") {
		t.Error(one.id(), again.id(), other.id())
	}
}

func TestUnknownKindOfTheApp(t *testing.T) {
	doc := []byte(strings.Replace(textXML, "<MsgType>text", "<MsgType>hologram", 1))
	f, err := readAppFields(doc)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := appMessage(doc, f, time.Now())
	if !ok || m.Kind != chat.Unsupported || m.Text != "hologram" || !bytes.Contains(m.Raw, []byte("hologram")) {
		t.Errorf("%+v %v", m, ok)
	}
}

// FuzzCallback holds the reading by hand against encoding/xml: of what the platform may write, both must
// read the same.
func FuzzCallback(f *testing.F) {
	for _, s := range []string{tapXML, textXML, `<xml><Content>a<![CDATA[b]]>c</Content><FromUserName>u</FromUserName></xml>`,
		`<xml><A><A>n</A><Content>no</Content></A><Content>yes</Content><FromUserName/></xml>`, `<xml><Content>&lt;&#20320;</Content></xml>`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := readAppFields(doc)
		if err != nil {
			return
		}
		appMessage(doc, got, time.Unix(0, 0))
		type text struct {
			Text string `xml:",chardata"`
		}
		var want struct {
			Content []text `xml:"Content"`
			From    []text `xml:"FromUserName"`
		}
		if !platformXML(doc) || xml.Unmarshal(doc, &want) != nil || len(want.Content) != 1 || len(want.From) != 1 {
			return
		}
		if got.content != want.Content[0].Text || got.from != want.From[0].Text {
			t.Errorf("%q: content %q from %q, encoding/xml says %q and %q", doc, got.content, got.from, want.Content[0].Text, want.From[0].Text)
		}
	})
}

// platformXML tells that doc keeps to elements without attributes, text without entities, and CDATA.
func platformXML(doc []byte) bool {
	s := string(doc)
	for {
		before, rest, more := strings.Cut(s, cdataOpen)
		if strings.ContainsAny(strings.ReplaceAll(before, "</", ""), "&\r:'\"!?=/ \t") {
			return false
		}
		if !more {
			return true
		}
		inner, after, closed := strings.Cut(rest, cdataClose)
		if !closed || strings.Contains(inner, "\r") {
			return false
		}
		s = after
	}
}

func BenchmarkReadAppFields(b *testing.B) {
	doc := []byte(tapXML)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readAppFields(doc); err != nil {
			b.Fatal(err)
		}
	}
}
