package crm

import "strings"

// CheckPhone refuses digits that are no phone number in China (mobile, landline with area code,
// 400/800) and no number with a country code.
func CheckPhone(phone string) error {
	digits := strings.TrimPrefix(phone, "+")
	for _, r := range digits {
		if r < '0' || r > '9' {
			return Refuse(ErrInvalid, "电话「%s」里有不是数字的字，请再说一遍号码。", phone)
		}
	}
	n := len(digits)
	switch {
	case strings.HasPrefix(phone, "+"):
		if n < 8 || n > 15 {
			return Refuse(ErrInvalid, "「%s」不像完整的国际号码，请连同国家区号再说一遍。", phone)
		}
	case strings.HasPrefix(digits, "400"), strings.HasPrefix(digits, "800"):
		if n != 10 {
			return Refuse(ErrInvalid, "「%s」有 %d 位，400/800 电话应是 10 位，请再说一遍。", phone, n)
		}
	case strings.HasPrefix(digits, "0"):
		if n < 10 || n > 12 {
			return Refuse(ErrInvalid, "「%s」有 %d 位，座机要带区号，比如 021-58881234，请再说一遍。", phone, n)
		}
	case strings.HasPrefix(digits, "1"):
		if n != 11 {
			return Refuse(ErrInvalid, "手机号「%s」是 %d 位，应是 11 位，请再说一遍。", phone, n)
		}
		if digits[1] < '3' {
			return Refuse(ErrInvalid, "「%s」不是手机号（没有 1%c 开头的号段），请再说一遍。", phone, digits[1])
		}
	default:
		return Refuse(ErrInvalid, "「%s」不像电话号码：手机是 11 位，座机请带区号。请再说一遍。", phone)
	}
	return nil
}

// CleanPhone drops what people write between digits, and the country code of China.
func CleanPhone(phone string) string {
	var b strings.Builder
	for i, r := range phone {
		switch {
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case strings.ContainsRune(" -－—()（）", r):
		case r == '＋' || r == '+' && i == 0:
			b.WriteByte('+')
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimPrefix(b.String(), "+86")
}

// MaskPhone shows a number so that its owner recognises it and nobody else can call it: 138****5678.
func MaskPhone(phone string) string {
	n := len(phone)
	if n < 7 {
		return strings.Repeat("*", n)
	}
	return phone[:3] + strings.Repeat("*", n-7) + phone[n-4:]
}

// LastFour are the digits by which people name a number (尾号); "" of a number too short.
func LastFour(phone string) string {
	if len(phone) < 7 {
		return ""
	}
	return phone[len(phone)-4:]
}

// CheckEmail refuses what is no mail address.
func CheckEmail(mail string) error {
	at := strings.LastIndexByte(mail, '@')
	if at < 1 || !strings.Contains(mail[at:], ".") || strings.HasSuffix(mail, ".") || strings.ContainsAny(mail, " ,，;；") {
		return Refuse(ErrInvalid, "「%s」不像邮箱地址，应是 name@example.com 这样，请再说一遍。", mail)
	}
	return nil
}
