package tabular

import (
	"math"
	"testing"
	"time"
)

func TestReadDays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		cells []string
		want  string // the last cell's moment, empty when these are no days
	}{
		{"American, with years of two and four digits", []string{"11/12/16", "1/15/2017", "3/1/17"}, "2017-03-01 00:00"},
		{"European with a clock", []string{"31/12/2016", "1/5/2017 09:30"}, "2017-05-01 09:30"},
		{"either order is possible: the one that leaves no holes", []string{"1/3/2026", "2/3/2026", "5/3/2026", "6/3/2026"}, "2026-03-06 00:00"},
		{"ISO, some with a clock", []string{"2016-12-31", "2017-01-05 09:30:00"}, "2017-01-05 09:30"},
		{"Chinese", []string{"2016年3月1日", "２０１７年12月31日"}, "2017-12-31 00:00"},
		{"with zones and fractions", []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123+08:00"}, "2026-01-01 19:04"},
		{"eight digits", []string{"20170301", "20171231"}, "2017-12-31 00:00"},
		{"months", []string{"Jan-17", "Feb-18"}, "2018-02-01 00:00"},
		{"numbers", []string{"12.5", "2016.25"}, ""},
		{"running numbers of eight digits", []string{"20170301", "20171299"}, ""},
		{"names with digits", []string{"Product 12", "2016-12-31"}, ""},
	} {
		got := readDays(test.cells, len(test.cells))
		if (got == nil) != (test.want == "") {
			t.Errorf("%s: %v", test.name, got)
		} else if got != nil {
			last := time.Unix(int64(math.Round(got[len(got)-1]*86400)), 0).UTC().Format("2006-01-02 15:04")
			if last != test.want {
				t.Errorf("%s: %s, want %s", test.name, last, test.want)
			}
		}
	}
}

func TestIsBlank(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]bool{"": true, "N/A": true, "NULL": true, "00/00/0000": true, "0000-00-00 00:00:00": true, "无": true, "0": false, "no": false, "00000000": false} {
		if got := isBlank(cell); got != want {
			t.Errorf("%q: %v", cell, got)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cell  string
		comma bool
		want  float64
		unit  string
		ok    bool
	}{
		{"1,234.5", false, 1234.5, "", true},
		{"¥ 12", false, 12, "", true},
		{"12.5%", false, 12.5, "%", true},
		{"3.2万", false, 32000, "", true},
		{"38万元", false, 380000, "", true},
		{"(120)", false, -120, "", true},
		{"12 months", false, 12, "months", true},
		{"１２", false, 12, "", true},
		{"1.234,5", true, 1234.5, "", true},
		{"1e-3", false, 0.001, "", true},
		{"12,5", false, 0, "", false},
		{"1-2", false, 0, "", false},
		{"abc", false, 0, "", false},
		{"", false, 0, "", false},
	} {
		got, unit, ok := number(test.cell, test.comma)
		if got != test.want || unit != test.unit || ok != test.ok {
			t.Errorf("%q: %v %q %v", test.cell, got, unit, ok)
		}
	}
}
