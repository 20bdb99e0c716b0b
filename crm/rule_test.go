package crm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gendan/crm"
)

func TestPhonesAreChecked(t *testing.T) {
	t.Parallel()
	for phone, ok := range map[string]bool{"13812345678": true, "1381234567": false, "138123456789": false, "12812345678": false, "02158881234": true,
		"075588886666": true, "0215888": false, "4008001234": true, "40080012345": false, "+8521234567": true, "+12": false, "58881234": false, "138a2345678": false} {
		if err := crm.CheckPhone(phone); (err == nil) != ok {
			t.Errorf("CheckPhone(%s): %v", phone, err)
		}
	}
	for said, clean := range map[string]string{"+86 138-1234-5678": "13812345678", "０２１－５８８８ １２３４": "02158881234", "(021)58881234": "02158881234", "+852 2123 4567": "+85221234567"} {
		if got := crm.CleanPhone(said); got != clean {
			t.Errorf("CleanPhone(%s) = %s", said, got)
		}
	}
	if crm.MaskPhone("13812345678") != "138****5678" || crm.MaskPhone("123") != "***" || crm.MaskPhone("02158881234") != "021****1234" {
		t.Error("masks")
	}
}

func TestStagesAreFound(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{"方案报价": "方案报价", "报价": "方案报价", "谈判": "商务谈判", "赢单": "赢单", "需求": "需求分析", "合同": "合同签订", "飞天": "", "": ""} {
		got, err := crm.DefaultPipeline.Find(said)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Find(%s) = %s, %v", said, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), "初步接触、需求分析") {
			t.Errorf("%v does not list the stages", err)
		}
	}
	if p := crm.DefaultPipeline; p.Probability("初步接触") != 0.1 || p.Probability("合同签订") != 0.9 || p.Probability("方案报价") != 0.5 || p.Probability("赢单") != 1 {
		t.Error("probabilities")
	}
}

func TestAmountsAreLookedAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		says     string
		old, new float64
		risky    bool
	}{
		{"first amount", 0, 380000, false}, {"a little more", 380000, 400000, false}, {"three times", 100, 300, false}, {"more than three times", 100, 301, true},
		{"less than a third", 300, 99, true}, {"large from the first", 0, 1000_0000, true}, {"large before and the same", 1000_0000, 1000_0000, false},
	} {
		if _, risky := crm.RiskyAmount(crm.Yuan(c.old), crm.Yuan(c.new)); risky != c.risky {
			t.Errorf("%s: %v", c.says, risky)
		}
	}
	for _, bad := range []float64{-1, 0, 1e10 + 1} {
		if err := crm.CheckAmount(crm.Yuan(bad)); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestSeriesGoOn(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", s, crm.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	c := crm.Calendar{Days: map[string]bool{"2026-10-01": false, "2026-10-02": false, "2026-10-10": true}}
	for _, x := range []struct {
		repeat           crm.Repeat
		first, now, want string
	}{
		{crm.Daily, "2026-11-18 09:00", "2026-11-18 09:00", "2026-11-19 09:00"},
		{crm.Daily, "2020-01-01 09:00", "2026-11-18 08:59", "2026-11-18 09:00"},
		{crm.Weekly, "2026-11-16 09:00", "2026-11-18 10:00", "2026-11-23 09:00"},
		{crm.Monthly, "2026-01-31 09:00", "2026-02-01 00:00", "2026-02-28 09:00"},
		{crm.Monthly, "2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00"},
		{crm.Yearly, "2024-02-29 09:00", "2026-01-01 00:00", "2026-02-28 09:00"},
		{crm.Workdays, "2026-09-30 08:30", "2026-09-30 08:30", "2026-10-05 08:30"}, // the 1st and 2nd are holidays, then a weekend
		{crm.Workdays, "2026-10-09 08:30", "2026-10-09 09:00", "2026-10-10 08:30"}, // a Saturday that is worked
		{crm.Daily, "2026-11-25 09:00", "2026-11-18 10:00", "2026-11-25 09:00"},
	} {
		if got := x.repeat.Next(at(x.first), at(x.now), crm.Shanghai, c); !got.Equal(at(x.want)) {
			t.Errorf("%s from %s after %s: %s, want %s", x.repeat, x.first, x.now, got.In(crm.Shanghai), x.want)
		}
	}
	if !crm.Once.Next(at("2026-11-18 09:00"), at("2026-11-19 09:00"), crm.Shanghai, c).IsZero() {
		t.Error("once comes again")
	}
}

func TestDaysAreSaid(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	for want, in := range map[string]time.Duration{"今天 10:00": 0, "今天 23:59": 13*time.Hour + 59*time.Minute, "明天 00:00": 14 * time.Hour, "后天 10:00": 48 * time.Hour,
		"昨天 10:00": -24 * time.Hour, "前天 10:00": -48 * time.Hour, "11月25日 10:00": 7 * 24 * time.Hour, "2027年1月17日 10:00": 60 * 24 * time.Hour} {
		if got := crm.SayTime(now.Add(in), now, crm.Shanghai); got != want {
			t.Errorf("%v: %s, want %s", in, got, want)
		}
	}
}

func TestRolesAndLabels(t *testing.T) {
	t.Parallel()
	if crm.Service.May(crm.WriteDeal) || !crm.Service.May(crm.WriteActivity) || crm.Marketer.May(crm.WriteCustomer) || !crm.Marketer.May(crm.WriteLead) || crm.Role("guest").May(crm.ReadRecords) {
		t.Error("roles")
	}
	for said, label := range map[string]string{"级别": "客户级别", "客户级别": "客户级别", "行业": "行业", "城市": "地区", "手机": "电话", "年产值": "年产值"} {
		if got := crm.FieldLabel(said); got != label {
			t.Errorf("FieldLabel(%s) = %s", said, got)
		}
	}
	for day, ok := range map[string]bool{"06-01": true, "02-29": true, "1990-02-29": false, "13-01": false, "1990-06-01": true, "6月1日": false} {
		if (crm.CheckBirthday(day) == nil) != ok {
			t.Errorf("CheckBirthday(%s)", day)
		}
	}
	for mail, ok := range map[string]bool{"a@b.cn": true, "a@b": false, "@b.cn": false, "a b@c.cn": false, "a@b.": false} {
		if (crm.CheckEmail(mail) == nil) != ok {
			t.Errorf("CheckEmail(%s)", mail)
		}
	}
}
