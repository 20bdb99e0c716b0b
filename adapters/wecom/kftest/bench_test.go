package kftest_test

import (
	"fmt"
	"testing"
	"time"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
)

// BenchmarkDoor pulls b.N messages of 200 customers into the inbox: over HTTP, in Postgres, names asked for.
func BenchmarkDoor(b *testing.B) {
	d := newDesk(b, wecomtest.Config{Limits: wecomtest.Limits{KFPulls: -1, JournalEntries: 64}})
	for i := range 200 {
		if err := d.AddCustomer(wecomtest.Customer{ID: fmt.Sprint("wmBench", i), Name: fmt.Sprint("客户", i)}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range b.N {
		if _, err := d.KFSay(kfid, fmt.Sprint("wmBench", i%200), fmt.Sprint("第", i, "句")); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	d.join(nil, func(c *wecom.KFConfig) { c.Poll = 20 * time.Millisecond })
	for heard := 0; heard < b.N; heard = d.count() {
		time.Sleep(5 * time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
