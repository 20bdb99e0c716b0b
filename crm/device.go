package crm

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// DeviceID is the number of a device (设备).
type DeviceID int64

// Product is what the pack knows of a product: how long it is repaired for nothing, and how long it lasts.
type Product struct {
	Name     string   `json:"name"`            // "" is every product that has no line of its own
	Words    []string `json:"words,omitempty"` // what people say for it, without the name itself
	Warranty int      `json:"warranty"`        // months; 0 is none
	Life     int      `json:"life"`            // months; 0 is not known
}

// ProductOf is the line of products that fits a product as people say it: the longest name or word that stands in it,
// else the line without a name.
func ProductOf(products []Product, said string) Product {
	var best Product
	length := 0
	folded := Fold(said)
	for _, p := range products {
		if p.Name == "" && length == 0 {
			best = p
		}
		for _, w := range append([]string{p.Name}, p.Words...) {
			if w = Fold(w); w != "" && strings.Contains(folded, w) && len(w) > length {
				best, length = p, len(w)
			}
		}
	}
	return best
}

// Device (设备) is a thing at a customer's that we look after. It is registered once; its days may be put right.
type Device struct {
	ID         DeviceID
	CustomerID CustomerID
	Serial     string
	Product    string
	Bought     string // 2006-01-02; "" when not said
	Installed  string // 2006-01-02; "" when not said
	Warranty   string // the last day of it; "" when there is none
	Life       string // the day on which it should be replaced; "" when not known
}

// Since is the day from which warranty and life count: installed, else bought.
func (d Device) Since() string {
	if d.Installed != "" {
		return d.Installed
	}
	return d.Bought
}

// Dated is d with the ends of warranty and life that its product has, counted from [Device.Since]. Ends that are set stay.
func (d Device) Dated(p Product) Device {
	since, err := time.Parse(time.DateOnly, d.Since())
	if err != nil {
		return d
	}
	if d.Warranty == "" && p.Warranty > 0 {
		d.Warranty = addMonths(since, p.Warranty).AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if d.Life == "" && p.Life > 0 {
		d.Life = addMonths(since, p.Life).Format(time.DateOnly)
	}
	return d
}

// InWarranty tells whether the device is repaired for nothing on the day of now; now is in the customer's zone.
func (d Device) InWarranty(now time.Time) bool {
	return d.Warranty != "" && d.Warranty >= now.Format(time.DateOnly)
}

// SayWarranty is the state of the warranty on the day of now as people say it.
func (d Device) SayWarranty(now time.Time) string {
	end, err := time.Parse(time.DateOnly, d.Warranty)
	if err != nil {
		return "没有保修信息"
	}
	if d.Warranty == now.Format(time.DateOnly) {
		return "在保，今天是最后一天"
	}
	if d.InWarranty(now) {
		return fmt.Sprintf("在保，还有%s（到 %s）", SaySpan(now, end), d.Warranty)
	}
	return fmt.Sprintf("过保%s（%s 到期）", SaySpan(end, now), d.Warranty)
}

// SayLife is how near its end the device is as people say it; "" when that is not known or far.
func (d Device) SayLife(now time.Time) string {
	end, err := time.Parse(time.DateOnly, d.Life)
	switch {
	case err != nil:
		return ""
	case d.Life <= now.Format(time.DateOnly):
		return "已到使用年限，建议更换"
	case end.Sub(now) < 180*24*time.Hour:
		return fmt.Sprintf("使用年限还剩%s", SaySpan(now, end))
	}
	return ""
}

// SaySpan is the time between two days as people say it: in days, then months, then years; less than a day counts as one.
func SaySpan(from, to time.Time) string {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	a, b := day(from), day(to)
	days := int(b.Sub(a).Hours() / 24)
	months := 0
	for !addMonths(a, months+1).After(b) {
		months++
	}
	switch {
	case months == 0:
		return fmt.Sprintf(" %d 天", max(1, days))
	case months < 12:
		return fmt.Sprintf(" %d 个月", months)
	case months%12 == 0:
		return fmt.Sprintf(" %d 年", months/12)
	default:
		return fmt.Sprintf(" %d 年 %d 个月", months/12, months%12)
	}
}

// serialLike is what a serial number looks like inside of a sentence.
var serialLike = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9\-_/.]{3,38}[A-Za-z0-9]`)

// SerialKey is the form in which serial numbers are compared: upper case, letters and digits alone.
func SerialKey(serial string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, Fold(serial))
}

// SerialKeys are the keys of everything in text that may be a serial number, at most twenty. Mobile numbers are none.
func SerialKeys(text string) (keys []string) {
	for _, found := range serialLike.FindAllString(text, 20) {
		key := SerialKey(found)
		if !strings.ContainsAny(key, "0123456789") || len(key) == 11 && key[0] == '1' && strings.Trim(key, "0123456789") == "" {
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

// CheckSerial refuses what cannot be a serial number.
func CheckSerial(serial string) error {
	if n := len(SerialKey(serial)); n < 3 || n > 40 {
		return Refuse(ErrInvalid, "序列号「%s」不对，要 3 到 40 位字母或数字，请照铭牌再说一遍。", serial)
	}
	return nil
}
