package action_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store/storetest"
)

// What customers write at their doors, who they are and where they are reached stands nowhere in the clear: not in tickets,
// guests and surveys, and neither in what is told of them beside: the audit, the outbox, receipts, events, keys.
func TestNothingOfGuestsInADump(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	g, ticket := h.guest("kf:wk1/wm1", "欧阳翡翠", "空压机不启动")
	system := func(name string, p params) int64 {
		t.Helper()
		h.key++
		who := crm.System
		who.Name = "客户 欧阳翡翠"
		out, err := h.x.Run(t.Context(), action.Request{Actor: who, Via: "mail", Now: h.now, Key: name + hex.EncodeToString([]byte{byte(h.key)}), Calls: []action.Call{call(name, p)}})
		if err != nil || len(out.Results) == 0 {
			t.Fatal(name, out, err)
		}
		return out.Results[0].Record.ID
	}
	system("ticket.said", params{"guest": g.ID, "content": "半夜漏油还烧了线，琥珀扳指也丢了", "message": "kf:m1"})
	mail := params{"from": "wang.qiang@yunfan-mail.example", "name": "司马琉璃", "subject": "玛瑙机床的发票", "content": "我老婆住院了请快点",
		"message": "20261118.wang.qiang@yunfan-mail.example", "files": []string{"离婚协议.pdf"}}
	mailed := system("mail.received", mail)
	mail["message"], mail["references"], mail["content"] = "again-wang.qiang@yunfan-mail.example", []string{"20261118.wang.qiang@yunfan-mail.example"}, "还要珊瑚垫片"
	if again := system("mail.received", mail); again != mailed {
		t.Errorf("the answer went to #%d", again)
	}
	link := sha256.Sum256([]byte("token"))
	system("ticket.capture", params{"content": "水晶轴承断了", "name": "诸葛珍珠", "phone": "13987654321", "company": "皇甫商行", "link": hex.EncodeToString(link[:])})
	h.must("孙客服", call("ticket.note", params{"ticket": ticket, "content": "客户要找律师"}))
	h.must("孙客服", call("ticket.reply", params{"ticket": ticket, "content": "派师傅带钻石密封圈上门"}))
	h.must("孙客服", call("ticket.reply", params{"ticket": mailed, "content": "发票改抬头为珐琅公司"}))
	h.must("孙客服", call("ticket.close", params{"ticket": ticket, "resolution": "换了象牙轴套"}))
	for _, secret := range []string{"翡翠", "漏油", "烧了线", "扳指", "wang.qiang", "yunfan-mail", "琉璃", "玛瑙", "住院", "离婚", "珊瑚", "水晶", "珍珠", "13987654321",
		"987654321", "皇甫", "律师", "钻石", "珐琅", "象牙"} {
		dump := storetest.Dump(t, h.store)
		for range 3 {
			i := strings.Index(dump, secret)
			if i < 0 {
				break
			}
			line := dump[strings.LastIndexByte(dump[:i], '\n')+1:]
			line, _, _ = strings.Cut(line, "\n")
			t.Errorf("%q stands in clear: %.700s", secret, line)
			dump = dump[i+len(secret):]
		}
	}
}
