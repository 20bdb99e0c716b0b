package store

import (
	"crypto/hmac"
	"encoding/hex"
	"strconv"
	"strings"
)

// signed is a record's number for an address: in base 36, with the first 80 bits of its blind index of that field, so that nobody
// can make the address of another record.
func (k *Keys) signed(field string, id int64) string {
	text := strconv.FormatInt(id, 36)
	return text + "-" + hex.EncodeToString(k.Index(field, text)[:10])
}

// readSigned reads what [Keys.signed] made of the same field; ok is false for everything else. The comparison takes constant time.
func (k *Keys) readSigned(field, token string) (id int64, ok bool) {
	text, _, _ := strings.Cut(token, "-")
	id, err := strconv.ParseInt(text, 36, 64)
	if err != nil || id <= 0 || !hmac.Equal([]byte(k.signed(field, id)), []byte(token)) {
		return 0, false
	}
	return id, true
}
