package action_test

import (
	"slices"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// A customer is found by what people call it, and several that fit are a question.
func TestNamesBecomeCustomers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"上海云帆科技有限公司", "宁波海天重工（集团）有限公司", "百川生物", "云鼎贸易", "云鼎餐饮", "杭州启航教育咨询有限公司", "7天酒店", "ABB (China) Co., Ltd"} {
		h.must("李雷", call("customer.create", params{"customer": name}))
	}
	for said, want := range map[string][]string{
		"云帆": {"上海云帆科技有限公司"}, "云帆科技": {"上海云帆科技有限公司"}, "上海云帆": {"上海云帆科技有限公司"}, "上海云帆科技": {"上海云帆科技有限公司"},
		"雲帆科技": {"上海云帆科技有限公司"}, "云 帆": {"上海云帆科技有限公司"}, "云凡": {"上海云帆科技有限公司"}, "海天": {"宁波海天重工（集团）有限公司"},
		"宁波海天重工集团": {"宁波海天重工（集团）有限公司"}, "天重工": {"宁波海天重工（集团）有限公司"}, "百川": {"百川生物"}, "７天酒店": {"7天酒店"}, "abb": {"ABB (China) Co., Ltd"},
		"啟航": {"杭州启航教育咨询有限公司"}, "启航教育": {"杭州启航教育咨询有限公司"}, "云鼎": {"云鼎贸易", "云鼎餐饮"},
	} {
		h.focus["李雷"] = action.Focus{}
		out, err := h.do("李雷", call("customer.view", params{"customer": said}))
		var got []string
		switch {
		case err != nil:
			t.Errorf("%s: %v", said, err)
		case out.Pick != nil:
			for _, o := range out.Pick.Options {
				got = append(got, o.Ref.Name)
			}
		default:
			got = []string{out.Results[0].Record.Name}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", said, got, want)
		}
	}
	// The one last spoken of stands first.
	h.must("李雷", call("customer.view", params{"customer": "云鼎餐饮"}))
	if out, err := h.do("李雷", call("customer.view", params{"customer": "云鼎"})); err != nil || out.Pick == nil || out.Pick.Options[0].Ref.Name != "云鼎餐饮" {
		t.Errorf("spoken of: %+v %v", out.Pick, err)
	}
	// A pick is answered, and counts for the calls after it.
	h.focus["李雷"] = action.Focus{}
	req := h.request("李雷", call("deal.create", params{"customer": "云鼎", "amount": 1000}), call("deal.update", params{"customer": "云鼎", "stage": "需求分析"}))
	out, err := h.run(req)
	if err != nil || out.Pick == nil || out.Pick.Slot != "0.customer" {
		t.Fatalf("%+v %v", out, err)
	}
	req.Chosen = map[string]crm.Ref{"0.customer": out.Pick.Options[0].Ref}
	if out, err = h.run(req); err != nil || len(out.Results) != 2 || out.Results[1].Changes[0].New != "需求分析" {
		t.Fatalf("%+v %v", out, err)
	}
	// A name that nobody has is offered for creation, and created on a yes.
	req = h.request("李雷", call("deal.create", params{"customer": "新星电子", "amount": 1000}))
	if out, err = h.run(req); err != nil || out.Pick == nil || !out.Pick.Create {
		t.Fatalf("%+v %v", out, err)
	}
	req.Chosen = map[string]crm.Ref{"0.customer": {Kind: crm.KindCustomer}}
	if out, err = h.run(req); err != nil || out.Focus.Customer.Name != "新星电子" || out.Focus.Customer.ID == 0 {
		t.Fatalf("%+v %v", out, err)
	}
}

// One message may create a customer and go on with it.
func TestOneMessageSpeaksOfWhatItCreates(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	out := h.must("李雷", call("customer.create", params{"customer": "苏州锦程物流", "contact": "胡总", "phone": "051288886666"}),
		call("deal.create", params{"customer": "锦程", "amount": 42000, "product": "扫码枪", "quantity": 60}),
		call("deal.update", params{"customer": "锦程", "stage": "方案报价"}),
		call("activity.log", params{"customer": "锦程", "content": "要样品", "contact": "胡总", "channel": "电话", "next_at": "2026-11-20T09:00:00+08:00", "next": "寄样品"}))
	if out.Risk != action.Low || out.Results[1].Record.Name != "锦程扫码枪" || out.Results[2].Record.ID != out.Results[1].Record.ID {
		t.Errorf("%+v", out)
	}
	v := h.view("李雷", "锦程")
	if v.Deals[0].Stage != "方案报价" || v.NextContact != "后天 09:00 寄样品" || v.LastContact != "今天 10:00" || v.Activities[0].Content != "要样品" && len(v.Activities) != 3 {
		t.Errorf("%+v", v)
	}
	h.must("李雷", call("undo", nil))
	h.refused("李雷", crm.ErrNotFound, nil, call("customer.view", params{"customer": "锦程"}))
	if n := h.count(`SELECT count(*) FROM activities WHERE deleted_at IS NULL AND type = 'note'`); n != 0 {
		t.Errorf("%d activities left", n)
	}
}

// Looking before creating: near names and known numbers are asked about; a yes joins, a no creates.
func TestNoDoubles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"})).Results[0].Record
	req := h.request("李雷", call("customer.create", params{"customer": "云帆", "contact": "李娜", "phone": "13912345678"}))
	out, err := h.run(req)
	if err != nil || out.Pick == nil || !out.Pick.Create || out.Pick.Options[0].Ref != first {
		t.Fatalf("near name: %+v %v", out, err)
	}
	req.Chosen = map[string]crm.Ref{out.Pick.Slot: first}
	if out, err = h.run(req); err != nil || out.Results[0].Record != first {
		t.Fatalf("joined: %+v %v", out, err)
	}
	if v := h.view("李雷", "云帆"); len(v.Contacts) != 2 {
		t.Errorf("contacts %+v", v.Contacts)
	}
	if out, err = h.do("李雷", call("customer.create", params{"customer": "完全不同的公司", "contact": "王强", "phone": "13812345678"})); err != nil || out.Pick == nil {
		t.Fatalf("known number: %+v %v", out, err)
	}
	out = h.must("韩梅梅", call("customer.create", params{"customer": "完全不同的公司", "contact": "王强", "phone": "13812345678"}))
	if len(out.Results[0].Notes) != 1 {
		t.Errorf("somebody else's number: %+v", out.Results[0].Notes)
	}
	// People may have one name.
	for range 2 {
		req := h.request("李雷", call("customer.create", params{"customer": "张伟", "phone": "1370000" + string(rune('1'+h.key%9)) + "111"}))
		req.Chosen = map[string]crm.Ref{"0.customer": {}}
		if out, err := h.run(req); err != nil || out.Pick != nil {
			t.Errorf("a second 张伟: %+v %v", out, err)
		}
	}
}
