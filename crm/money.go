package crm

import (
	"math"
	"strconv"
	"strings"
)

// Money is an amount in fen (分), so that sums are exact. JSON shows yuan.
type Money int64

// MaxMoney is the largest amount that is believed: 100 亿 yuan. More is a slip of the tongue.
const MaxMoney = Money(10_000_000_000_00)

// Yuan returns the amount nearest to y yuan.
func Yuan(y float64) Money { return Money(math.Round(y * 100)) }

// Yuan is m in yuan.
func (m Money) Yuan() float64 { return float64(m) / 100 }

// String is m as people read it: "¥380,000" or "¥12,800.50".
func (m Money) String() string {
	sign, fen := "", int64(m)
	if fen < 0 {
		sign, fen = "-", -fen
	}
	digits := strconv.FormatInt(fen/100, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if rest := fen % 100; rest != 0 {
		digits += "." + strconv.Itoa(int(rest/10)) + strconv.Itoa(int(rest%10))
	}
	return sign + "¥" + digits
}

// MarshalJSON shows yuan as a number.
func (m Money) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, m.Yuan(), 'f', -1, 64), nil
}

// UnmarshalJSON reads yuan.
func (m *Money) UnmarshalJSON(b []byte) error {
	y, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return Refuse(ErrInvalid, "「%s」不像金额，请说个数，比如「38万」。", strings.Trim(string(b), `"`))
	}
	*m = Yuan(y)
	return nil
}
