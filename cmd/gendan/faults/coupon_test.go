package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKill9RedeemsCouponsOnce kills gendan at random instants while tills redeem coupons. A till that hears no answer asks again
// with the same key until it hears one, and one answer in four is lost on its way; two tills want each coupon. In the end each coupon is used once, by one of the two,
// and both know which.
func TestKill9RedeemsCouponsOnce(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(1, app)})
	h.hire()
	c := h.serve()
	token := ""
	for _, line := range strings.Split(h.gendan("user", "token", h.people[0].name), "\n") { // among what else it says
		if len(line) > 20 && !strings.ContainsAny(line, " {") {
			token = line
		}
	}
	client := &http.Client{Timeout: 5 * time.Second}
	post := func(path, key string, body any) (status int, answer map[string]any, err error) {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		req, err := http.NewRequest(http.MethodPost, "http://"+h.set["GENDAN_LISTEN"]+path, bytes.NewReader(raw))
		if err != nil {
			return 0, nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
		res, err := client.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			return 0, nil, err
		}
		return res.StatusCode, answer, json.Unmarshal(b, &answer)
	}
	const coupons = 120
	var codes []string
	status, made, err := post("/api/v1/actions/coupon.send", "make", map[string]any{"codes": coupons, "amount_off": 20})
	if err != nil || status != http.StatusOK {
		t.Fatal(status, made, err)
	}
	var sent struct {
		Results []struct {
			Data struct{ Codes []string }
		}
	}
	if raw, err := json.Marshal(made); err != nil || json.Unmarshal(raw, &sent) != nil || len(sent.Results) == 0 {
		t.Fatal(made, err)
	}
	if codes = sent.Results[0].Data.Codes; len(codes) != coupons {
		t.Fatalf("%d codes", len(codes))
	}

	// outcome is what a till was told of a coupon: used by it (true) or by another.
	var mu sync.Mutex
	told, again, replayed := map[string]map[string]bool{}, 0, 0
	work := make(chan [2]string)
	var tills sync.WaitGroup
	for range 8 {
		tills.Go(func() {
			for job := range work {
				code, till := job[0], job[1]
				for {
					status, answer, err := post("/api/v1/coupons/redeem", till+":"+code, map[string]any{"code": code, "amount": 60, "shop": till})
					lost := rand.N(4) == 0                                                           // as by a kill between the commit and the answer, which is a rare moment
					if err != nil || lost || status >= 500 || status == http.StatusTooManyRequests { // it died, or is not up yet
						mu.Lock()
						again++
						mu.Unlock()
						time.Sleep(30 * time.Millisecond)
						continue
					}
					used := status == http.StatusOK
					if e, _ := answer["error"].(map[string]any); !used && e["code"] != "coupon_used" {
						t.Errorf("%s %s: %d %v", till, code, status, answer)
					}
					mu.Lock()
					if told[code] == nil {
						told[code] = map[string]bool{}
					}
					told[code][till] = used
					if answer["replayed"] == true {
						replayed++
					}
					mu.Unlock()
					break
				}
			}
		})
	}
	stop := make(chan struct{})
	var died sync.WaitGroup
	deaths := 0
	died.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(150*time.Millisecond + rand.N(400*time.Millisecond)):
			}
			c.kill()
			c = h.serve()
			deaths++
		}
	})
	for _, code := range codes {
		for _, till := range []string{"one", "two"} {
			work <- [2]string{code, till}
			time.Sleep(20 * time.Millisecond)
		}
	}
	close(work)
	tills.Wait()
	close(stop)
	died.Wait()
	t.Logf("%d deaths; %d requests had no answer, %d were answered again as before", deaths, again, replayed)
	if deaths < 3 || again == 0 || replayed == 0 {
		t.Errorf("%d deaths, %d requests without an answer and %d answered again prove nothing", deaths, again, replayed)
	}
	for code, by := range told {
		if len(by) != 2 || by["one"] == by["two"] {
			t.Errorf("%s: %v", code, by)
		}
	}
	for what, query := range map[string]string{
		"coupons are used":  `SELECT count(*) FROM coupons WHERE state = 'redeemed'`,
		"redemptions":       `SELECT count(*) FROM events WHERE name = 'coupon.redeemed'`,
		"of them different": `SELECT count(DISTINCT record_id) FROM events WHERE name = 'coupon.redeemed'`,
		"lines of audit":    `SELECT count(*) FROM audit WHERE action = 'coupon.redeem'`,
	} {
		if n := h.count(query); n != coupons {
			t.Errorf("%d %s, want %d", n, what, coupons)
		}
	}
	one := 0
	for _, by := range told {
		if by["one"] {
			one++
		}
	}
	if n := h.count(`SELECT count(*) FROM coupons WHERE state = 'redeemed' AND shop = 'one'`); n != one {
		t.Errorf("the first till was told of %d, and has redeemed %d: %s", one, n, fmt.Sprint(told))
	}
}
