package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
)

func TestCustomerServiceSettings(t *testing.T) {
	t.Parallel()
	env := map[string]string{"WECOM_KF_ID": "wkA, wkB，wkC"}
	get := func(name string) string { return env[name] }
	if _, err := readSettings(get); err == nil || !strings.Contains(err.Error(), "WECOM_KF_ID needs the app") {
		t.Errorf("without an app: %v", err)
	}
	env["WECOM_CORP_ID"], env["WECOM_SECRET"], env["WECOM_AGENT_ID"] = "ww1", "s", "1000002"
	s, err := readSettings(get)
	if err != nil || !slices.Equal(s.WeComKF, []string{"wkA", "wkB", "wkC"}) {
		t.Errorf("%q %v", s.WeComKF, err)
	}
}

func TestDoctorLooksAtContacts(t *testing.T) {
	t.Parallel()
	sim := wecomtest.New(wecomtest.Config{Org: demoWeCom()})
	t.Cleanup(sim.Close)
	url, err := sim.Start("")
	if err != nil {
		t.Fatal(err)
	}
	c := sim.Config()
	says := func(secret string) string {
		t.Helper()
		a, err := wecom.New(wecom.Config{CorpID: c.CorpID, AgentID: c.AgentID, Secret: secret, APIURL: url})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		d := &doctor{s: streams{out: &out, err: &out}}
		d.contacts(t.Context(), a)
		return out.String()
	}
	if got := says(c.Secret); !strings.HasPrefix(got, "✅ 企业微信客户联系（") {
		t.Errorf("all is well, and it says %s", got)
	}
	if got := says("wrong"); !strings.Contains(got, "❌") || !strings.Contains(got, "40001") {
		t.Errorf("the secret is wrong, and it says %s", got)
	}
	sim.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/*", Code: 48002})
	if got := says(c.Secret); strings.Contains(got, "❌") || !strings.Contains(got, "可调用接口的应用") {
		t.Errorf("the app has no right, and it says %s", got)
	}
}

func TestDoctorLooksAtCustomerService(t *testing.T) {
	t.Parallel()
	sim := wecomtest.New(wecomtest.Config{Org: demoWeCom()})
	t.Cleanup(sim.Close)
	url, err := sim.Start("")
	if err != nil {
		t.Fatal(err)
	}
	c := sim.Config()
	says := func(secret string, ids ...string) string {
		t.Helper()
		a, err := wecom.New(wecom.Config{CorpID: c.CorpID, AgentID: c.AgentID, Secret: secret, APIURL: url})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		d := &doctor{s: streams{out: &out, err: &out}}
		d.customerService(t.Context(), a, ids)
		return out.String()
	}
	if got := says(c.Secret, demoKF); got != "✅ 微信客服「云栈客服」\n" {
		t.Errorf("all is well, and it says %s", got)
	}
	for _, one := range []string{"zhaomin", "hanmeimei"} {
		if err := sim.KFDuty("", one, false); err != nil {
			t.Fatal(err)
		}
	}
	if got := says(c.Secret, demoKF, "wkWrong"); !strings.Contains(got, "没有同事在接待") || !strings.Contains(got, "❌ 微信客服 wkWrong") {
		t.Errorf("nobody is on duty and one account is wrong, and it says %s", got)
	}
	if got := says("wrong", demoKF); !strings.Contains(got, "❌ 微信客服：") || !strings.Contains(got, "40001") {
		t.Errorf("the secret is wrong, and it says %s", got)
	}
	if got := says(c.Secret, "wk 1"); !strings.Contains(got, "WECOM_KF_ID") {
		t.Errorf("the id is none, and it says %s", got)
	}
}
