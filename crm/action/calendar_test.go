package action

import (
	"testing"
	"time"

	"gendan/crm"
)

func TestPeriodsAreRead(t *testing.T) {
	t.Parallel()
	for period, want := range map[string]string{
		"2026-11-18": "2026-11-18 2026-11-19", "2026-W47": "2026-11-16 2026-11-23", "2026-W01": "2025-12-29 2026-01-05", "2027-W01": "2027-01-04 2027-01-11",
		"2026-11": "2026-11-01 2026-12-01", "2026-Q4": "2026-10-01 2027-01-01", "2026": "2026-01-01 2027-01-01", "2026-09-01/2026-09-30": "2026-09-01 2026-10-01",
		"2026-13": "", "2026-Q5": "", "2026-W54": "", "": "", "2026-02-30": "", "2026-09-30/2026-09-01": "", "上周": "", "2026-1x": "", "2026-Q4x": "",
	} {
		from, to, err := span(period, crm.Shanghai)
		got := from.Format(time.DateOnly) + " " + to.Format(time.DateOnly)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%s is %q, want %q", period, got, want)
		}
	}
}

func TestHolidaysAreKnown(t *testing.T) {
	t.Parallel()
	c := Calendar(map[string]bool{"2026-11-18": false})
	for day, works := range map[string]bool{"2026-10-01": false, "2026-10-10": true, "2026-11-17": true, "2026-11-21": false, "2026-11-18": false, "2025-01-26": true} {
		at, err := time.ParseInLocation(time.DateOnly, day, crm.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if c.Workday(at) != works {
			t.Errorf("%s: %v", day, !works)
		}
	}
}
