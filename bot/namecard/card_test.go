package namecard

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// show is a card as testdata/cards.txt writes it.
func show(c Card) string {
	var b strings.Builder
	line := func(name string, values ...string) {
		if v := strings.Join(values, ", "); v != "" {
			b.WriteString(name + ": " + v + "\n")
		}
	}
	line("name", c.Name)
	line("company", c.Company)
	line("title", c.Title)
	line("mobile", c.Mobiles...)
	var phones []string
	for _, n := range c.Phones {
		phones = append(phones, n.String())
	}
	line("phone", phones...)
	line("fax", c.Faxes...)
	line("mail", c.Mails...)
	line("wechat", c.WeChat)
	line("qq", c.QQ)
	line("address", c.Address)
	line("web", c.Website)
	return b.String()
}

func TestCardsOfManyLayouts(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/cards.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split("\n"+string(data), "\n== ")[1:]
	if len(all) < 40 {
		t.Fatalf("only %d cards", len(all))
	}
	for _, one := range all {
		head, want, _ := strings.Cut(one, "\n--\n")
		name, text, _ := strings.Cut(head, "\n")
		t.Run(name, func(t *testing.T) {
			c := Read(strings.Split(text, "\n"))
			if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(show(c))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !c.Likely() {
				t.Error("not taken for a card")
			}
		})
	}
}

func TestOtherTextsAreNoCards(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "好的，明天下午见", "王强", "13812345678", "王强 13812345678",
		"今天跟云帆聊了一下\n预算38万\n月底定",
		"发票\n金额 ¥1,200.00\n购买方 上海云帆科技有限公司",
	} {
		if c := Read(strings.Split(text, "\n")); c.Likely() {
			t.Errorf("%q is taken for a card: %+v", text, c)
		}
	}
}

func TestReadingsAreMerged(t *testing.T) {
	t.Parallel()
	c := Merge(
		[]string{"上海云帆科技有限公司", "王六 上", "手机: 138 1234 5678", "邮箱: wangqiang@yunfan-tech.corn"},
		[]string{"上海云帆科技有限公司", "王强销售总监", "手机: 138 1234 5679", "邮箱: wangqiang@yunfan-tech.com"},
		[]string{"上海云帆科技有限公司", "王强 销售总监", "手机: 138 1234 5678"},
	)
	want := Card{Name: "王强", Company: "上海云帆科技有限公司", Title: "销售总监", Mobiles: []string{"13812345678"}, Mails: []string{"wangqiang@yunfan-tech.com"}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if c.Phone() != "13812345678" || !c.Reachable() || c.Empty() {
		t.Errorf("phone %q", c.Phone())
	}
}

func FuzzRead(f *testing.F) {
	data, err := os.ReadFile("testdata/cards.txt")
	if err != nil {
		f.Fatal(err)
	}
	for one := range strings.SplitSeq(string(data), "\n== ") {
		f.Add(one)
	}
	f.Add("手机：\n电话\n:\n|||")
	f.Fuzz(func(t *testing.T, text string) {
		c := Read(strings.Split(text, "\n"))
		if again := Read(strings.Split(text, "\n")); show(again) != show(c) {
			t.Errorf("not the same twice:\n%s\n%s", show(c), show(again))
		}
		for _, m := range c.Mobiles {
			if !isMobile(m) && !strings.HasPrefix(m, "+") {
				t.Errorf("%q is no mobile", m)
			}
		}
		for _, m := range c.Mails {
			if strings.Count(m, "@") != 1 || strings.ContainsAny(m, " \n") {
				t.Errorf("%q is no mail address", m)
			}
		}
	})
}

func FuzzCode(f *testing.F) {
	for _, c := range vcardCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, ok := Code(text); ok && c.Empty() {
			t.Error("an empty card")
		}
	})
}

var vcardCases = []struct{ name, text, want string }{
	{"3.0", "BEGIN:VCARD\r\nVERSION:3.0\r\nN:王;强;;;\r\nFN:王强\r\nORG:上海云帆科技有限公司;销售部\r\nTITLE:总监\r\nTEL;TYPE=CELL:138-1234-5678\r\nTEL;TYPE=WORK,VOICE:021-58881234\r\nTEL;TYPE=FAX:021-58881235\r\nEMAIL:wq@yunfan.com\r\nADR;TYPE=WORK:;;张江路88号;浦东新区;上海市;201203;中国\r\nURL:https://www.yunfan.com/\r\nEND:VCARD\r\n",
		"name: 王强\ncompany: 上海云帆科技有限公司\ntitle: 销售部总监\nmobile: 13812345678\nphone: 02158881234\nfax: 02158881235\nmail: wq@yunfan.com\naddress: 上海市浦东新区张江路88号\nweb: www.yunfan.com\n"},
	{"2.1 in quoted-printable", "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E;=E9=9B=B7;;;\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E=E9=9B=B7\r\nORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=98=9F=E6=B2=B3=E8=BD=AF=\r\n=E4=BB=B6\r\nTEL;CELL:15988886666\r\nTEL;WORK;FAX:0755-88886667\r\nEND:VCARD\r\n",
		"name: 李雷\ncompany: 星河软件\nmobile: 15988886666\nfax: 075588886667\n"},
	{"4.0 with tel as an address", "BEGIN:VCARD\nVERSION:4.0\nFN:David Wang\nN:Wang;David;;;\nORG:Yunfan Technology\nTEL;VALUE=uri;TYPE=\"cell\":tel:+86-138-1234-5678\nEMAIL:david@yunfan.com\nEND:VCARD\n",
		"name: David Wang\ncompany: Yunfan Technology\nmobile: 13812345678\nmail: david@yunfan.com\n"},
	{"the phone's own order of names", "BEGIN:VCARD\nVERSION:3.0\nN:王;强;;;\nFN:强 王\nTEL:13812345678\nEND:VCARD",
		"name: 王强\nmobile: 13812345678\n"},
	{"MECARD", "MECARD:N:王,强;ORG:上海云帆科技有限公司;TIL:销售总监;TEL:13812345678;TEL:02158881234;EMAIL:wq@yunfan.com;ADR:上海市张江路88号\\;6幢;URL:http\\://yunfan.com;;",
		"name: 王强\ncompany: 上海云帆科技有限公司\ntitle: 销售总监\nmobile: 13812345678\nphone: 02158881234\nmail: wq@yunfan.com\naddress: 上海市张江路88号;6幢\nweb: yunfan.com\n"},
	{"MECARD in English", "MECARD:N:Smith,John;TEL:+14155550132;;", "name: John Smith\nphone: +14155550132\n"},
}

func TestMachineCards(t *testing.T) {
	t.Parallel()
	for _, c := range vcardCases {
		t.Run(c.name, func(t *testing.T) {
			card, ok := Code(c.text)
			if !ok {
				t.Fatal("not read")
			}
			if diff := cmp.Diff(c.want, show(card)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	for _, text := range []string{"", "https://u.wechat.com/abc", "BEGIN:VCARD", "BEGIN:VCARD\nEND:VCARD", "MECARD:;;", "WIFI:S:home;;"} {
		if c, ok := Code(text); ok {
			t.Errorf("%q is taken for a contact: %+v", text, c)
		}
	}
}

func TestAFileOfManyCards(t *testing.T) {
	t.Parallel()
	one := vcardCases[0].text
	cards, err := VCards([]byte("\xef\xbb\xbf" + one + vcardCases[1].text + "BEGIN:VCARD\nbroken"))
	if err != nil || len(cards) != 2 {
		t.Fatalf("%d cards, %v", len(cards), err)
	}
	if names := []string{cards[0].Name, cards[1].Name}; !slices.Equal(names, []string{"王强", "李雷"}) {
		t.Error(names)
	}
	gbk := "BEGIN:VCARD\r\nVERSION:2.1\r\nFN:\xcd\xf5\xc7\xbf\r\nTEL;CELL:13812345678\r\nEND:VCARD\r\n"
	if cards, err := VCards([]byte(gbk)); err != nil || cards[0].Name != "王强" {
		t.Errorf("GBK: %v %v", cards, err)
	}
}
