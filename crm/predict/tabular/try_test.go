package tabular

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// deals makes a table of n deals by a stated process: referrals and a good owner help, a long list price hurts only small companies,
// three columns are noise, and three give the outcome away.
func deals(n int, seed uint64) Data {
	random := rand.New(rand.NewPCG(seed, 1))
	d := Data{Header: []string{"id", "created", "source", "owner", "employees", "price", "noise", "note", "hue", "close_date", "booked", "status_text", "lost_why", "stage"}}
	first := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		created := first.AddDate(0, 0, i*400/n)
		source := []string{"web", "web", "web", "ads", "referral", "expo"}[random.IntN(6)]
		owner := random.IntN(25)
		employees, price := random.IntN(1000), 10+random.IntN(90)
		z := -0.6 + map[string]float64{"web": 0, "ads": -0.9, "referral": 1.6, "expo": 0.5}[source] + 0.5*float64(owner%5-2)
		note := "asked for a quotation by mail"
		if random.Float64() < 0.3 {
			note, z = "urgent, budget approved this week", z+1
		}
		if employees < 500 {
			z -= 0.02 * float64(price-55)
		}
		won := random.Float64() < sigmoid(z)
		row := []string{fmt.Sprintf("D%06d", i), created.Format("2006/1/2"), source, fmt.Sprintf("rep %d", owner), fmt.Sprint(employees), fmt.Sprintf("¥%d,000", price),
			fmt.Sprint(random.NormFloat64()), fmt.Sprintf("%s, case %d", note, random.IntN(1e6)), []string{"red", "green", "blue"}[random.IntN(3)], "", "", "", "", ""}
		if random.Float64() < 0.1 {
			row[4] = "N/A"
		}
		switch {
		case random.Float64() < 0.12: // still open
			row[13] = "谈判"
		default:
			row[9] = created.AddDate(0, 0, 10+random.IntN(60)).Format("2006/1/2")
			row[10], row[11], row[12], row[13] = "0", "archived, no", "price", "输单"
			if won {
				row[10], row[11], row[12], row[13] = fmt.Sprint(price*1000), "delivered", "", "赢单"
			}
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

func TestTryFindsWhatMatters(t *testing.T) {
	t.Parallel()
	d := deals(3000, 7)
	r, err := Try(d, Options{Kind: Win, Target: "stage", Time: "created"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Yes != "赢单" || r.No != "输单" {
		t.Errorf("%q came true against %q", r.Yes, r.No)
	}
	if total := r.NTrain + r.NTest; total > 2750 || total < 2550 || r.NTest < total/5 {
		t.Errorf("%d rows to learn, %d to test", r.NTrain, r.NTest)
	}
	if r.AUC < 0.72 || r.Brier > r.BaseBrier-0.02 || r.ECE > 0.08 || r.BaseAUC != 0.5 {
		t.Errorf("auc %.3f, brier %.4f (base %.4f), ece %.4f, base auc %.2f", r.AUC, r.Brier, r.BaseBrier, r.ECE, r.BaseAUC)
	}
	if r.AUC > 0.9 {
		t.Errorf("auc %.3f is more than the process allows: the outcome leaked", r.AUC)
	}
	notes := strings.Join(r.Notes, "\n")
	for _, leak := range []string{"close_date", "booked", "status_text", "lost_why"} {
		if !strings.Contains(notes, fmt.Sprintf("left out %q", leak)) {
			t.Errorf("%s was not left out:\n%s", leak, notes)
		}
	}
	for _, honest := range []string{"source", "owner", "employees", "price", "note"} {
		if strings.Contains(notes, fmt.Sprintf("%q", honest)) {
			t.Errorf("%s was suspected:\n%s", honest, notes)
		}
	}
	if len(r.Top) == 0 || r.Top[0].Column != "source" && r.Top[0].Column != "owner" {
		t.Errorf("top %+v", r.Top)
	}
	again, err := Try(d, Options{Kind: Win, Target: "stage", Time: "created"})
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("a second time it is %+v, %v", again, err)
	}
}

// TestTryPromisesNothingOfNoise: where nothing can be known, nothing is claimed.
func TestTryPromisesNothingOfNoise(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	d := Data{Header: []string{"a", "b", "c", "left"}}
	for range 1200 {
		d.Rows = append(d.Rows, []string{fmt.Sprint(random.NormFloat64()), fmt.Sprint(random.IntN(40)), "city " + fmt.Sprint(random.IntN(200)), []string{"no", "no", "yes"}[random.IntN(3)]})
	}
	r, err := Try(d, Options{Kind: Churn, Target: "left"})
	if err != nil {
		t.Fatal(err)
	}
	if r.AUC < 0.42 || r.AUC > 0.58 || r.Brier > r.BaseBrier+0.004 {
		t.Errorf("auc %.3f, brier %.4f beside %.4f", r.AUC, r.Brier, r.BaseBrier)
	}
}

// TestTryLearnsRareOutcomes: one in thirty, with the probabilities staying honest.
func TestTryLearnsRareOutcomes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	d := Data{Header: []string{"用量", "套餐", "是否流失"}}
	for range 4000 {
		usage := random.Float64() * 100
		plan := random.IntN(3)
		gone := "0"
		if random.Float64() < sigmoid(-2-0.05*usage+float64(plan)*0.4) {
			gone = "1"
		}
		d.Rows = append(d.Rows, []string{fmt.Sprintf("%.1f", usage), []string{"月", "季", "年"}[plan], gone})
	}
	r, err := Try(d, Options{Kind: Churn, Target: "是否流失"})
	if err != nil {
		t.Fatal(err)
	}
	if r.AUC < 0.72 || r.Brier >= r.BaseBrier || r.ECE > 0.02 {
		t.Errorf("auc %.3f, brier %.4f beside %.4f, ece %.4f", r.AUC, r.Brier, r.BaseBrier, r.ECE)
	}
}

func TestTryRefuses(t *testing.T) {
	t.Parallel()
	d := deals(300, 1)
	for name, o := range map[string]Options{
		"no such column": {Kind: Win, Target: "outcome"},
		"no such kind":   {Kind: "luck", Target: "stage"},
		"no such time":   {Kind: Win, Target: "stage", Time: "when"},
		"no time":        {Kind: Win, Target: "stage", Time: "source"},
		"itself":         {Kind: Win, Target: "stage", Time: "stage"},
		"many outcomes":  {Kind: Win, Target: "owner"},
	} {
		if r, err := Try(d, o); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	d.Rows = d.Rows[:30]
	if r, err := Try(d, Options{Kind: Win, Target: "stage"}); err == nil {
		t.Errorf("thirty rows: %+v", r)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind    Kind
		cells   string
		yes, no string // empty when it cannot be told
	}{
		{Win, "Won,Lost,Engaging,Prospecting", "won", "lost"},
		{Win, "Closed Won,Closed Lost,Negotiation", "closed won", "closed lost"},
		{Win, "赢单,输单,谈判", "赢单", "输单"},
		{Win, "Loss,Won", "won", "loss"},
		{Churn, "active,churned", "churned", "active"},
		{Churn, "Existing Customer,Attrited Customer", "attrited customer", "existing customer"},
		{Churn, "Stayed,Churned,Joined", "churned", "stayed"},
		{Churn, "Lost,Active", "lost", "active"},
		{Churn, "流失,未流失", "流失", "未流失"},
		{Churn, "Yes,No", "yes", "no"},
		{Churn, "TRUE,FALSE", "true", "false"},
		{Churn, "1.0,0.0", "1", "0"},
		{Churn, "True.,False.", "true", "false"},
		{Lead, "是,否", "是", "否"},
		{Lead, "Converted,Not Converted", "converted", "not converted"},
		{Lead, "qualified,unqualified", "qualified", "unqualified"},
		{Lead, "2,1", "2", "1"},
		{Lead, "1,-1", "1", "-1"},
		{Lead, "good,bad,bad", "good", "bad"}, // nothing known: the rarer
		{Lead, "good,bad,ugly", "", ""},
		{Lead, "yes,yes", "", ""},
	} {
		_, yes, no, err := outcomes(strings.Split(test.cells, ","), test.kind)
		if yes != test.yes || no != test.no || (err == nil) != (test.yes != "") {
			t.Errorf("%s %s: %q against %q, %v", test.kind, test.cells, yes, no, err)
		}
	}
}

func TestAfterwards(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"close_date": true, "CloseDate": true, "Closed At": true, "close value": true, "Lost Reason": true, "成交日期": true, "丢单原因": true, "实际成交金额": true,
		"expected close date": false, "预计成交日期": false, "closing_probability": false, "created_date": false, "win_back_plan": false, "list value": false, "下次成交": false,
	} {
		if got := afterwards(name, Win); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
