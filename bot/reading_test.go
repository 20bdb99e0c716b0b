package bot

import (
	"testing"
	"time"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/templates"
)

// listening is a turn that can read: a bot with the default pack and a focus, without a store.
func listening(focus action.Focus, idle time.Duration) *turn {
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	return &turn{bot: &Bot{pack: templates.Default()}, now: now, mind: &mind{Focus: focus, idle: idle}}
}

var yunfan = action.Focus{Customer: crm.Ref{Kind: crm.KindCustomer, ID: 1001, Name: "上海云帆科技"}}

func TestIsPronoun(t *testing.T) {
	for name, want := range map[string]bool{
		"他": true, "她": true, "这个客户": true, "刚才那个客户": true, "这单": true, "他们": true, "这家的": true,
		"云帆": false, "他山科技": false, "它石基金": false, "这边有约": false,
	} {
		if got := isPronoun(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestReadPronouns: a pronoun is never a customer's name, and a follow-up is as sure as a whole sentence.
func TestReadPronouns(t *testing.T) {
	for _, text := range []string{"这单推进到报价", "推进到报价", "这个客户推进到报价", "把这单推进到报价"} {
		res := listening(yunfan, time.Minute).read(text)
		if len(res.Actions) != 1 || res.Actions[0].Name != "deal.update" || res.Actions[0].Params["customer"] != nil || res.Confidence < sureEnough {
			t.Errorf("%s: %+v", text, res)
		}
	}
	late := listening(yunfan, 2*time.Hour).read("推进到报价")
	if late.Confidence >= sureEnough {
		t.Errorf("what was spoken of two hours ago is no plain subject: %+v", late)
	}
	listed := listening(yunfan, time.Minute)
	listed.mind.List = []crm.Ref{{Kind: crm.KindDeal, ID: 1002}}
	if res := listed.read("推进到报价"); res.Confidence >= sureEnough {
		t.Errorf("after a list the subject is not plain: %+v", res)
	}
}

// TestReadPersonal: 她的电话 is the contact's telephone, never the company's on a guess.
func TestReadPersonal(t *testing.T) {
	res := listening(yunfan, time.Minute).read("她的电话改成13900005678")
	if len(res.Actions) > 0 && res.Confidence >= sureEnough {
		t.Errorf("without a contact: %+v", res)
	}
	focus := yunfan
	focus.Contact = crm.Ref{Kind: crm.KindContact, ID: 1002, Name: "李娜"}
	res = listening(focus, time.Minute).read("她的电话改成13900005678")
	if len(res.Actions) != 1 || res.Actions[0].Name != "contact.create" || res.Actions[0].Params["contact"] != "李娜" || res.Actions[0].Params["phone"] != "13900005678" {
		t.Errorf("with a contact: %+v", res)
	}
}

// TestReadQuestions: a question writes nothing unasked.
func TestReadQuestions(t *testing.T) {
	for _, text := range []string{"李雷今天做了什么", "云帆推进到报价了吗", "谁推进到报价"} {
		if res := listening(yunfan, time.Minute).read(text); orders(res.Actions) && res.Confidence >= sureEnough {
			t.Errorf("%s: %+v", text, res)
		}
	}
}

// TestReadSeveral: an order about two customers that is read as one is shown first.
func TestReadSeveral(t *testing.T) {
	for _, text := range []string{"华星和远航都推进到谈判", "给华星和远航都加标签 VIP", "华星、远航都改成40万"} {
		if res := listening(yunfan, time.Minute).read(text); len(res.Actions) == 1 && res.Confidence >= sureEnough {
			t.Errorf("%s: %+v", text, res)
		}
	}
}

func TestWithoutStandIn(t *testing.T) {
	in := parse.Result{Actions: []parse.Action{{Name: "activity.log", Params: map[string]any{"customer": "云帆科技", "content": "云帆科技说预算不够", "amount": 3.0}}}}
	out := withoutStandIn(in, "云帆科技", "他")
	p := out.Actions[0].Params
	if p["customer"] != nil || p["content"] != "他说预算不够" || p["amount"] != 3.0 {
		t.Errorf("%v", p)
	}
	if in.Actions[0].Params["customer"] != "云帆科技" {
		t.Error("the reading it was made from has changed")
	}
	if n := standIn("云帆科技签了"); n == "云帆科技" {
		t.Error("a stand-in that the text holds")
	}
}
