package wecomtest

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"sync/atomic"
	"time"
)

// idMaker makes identifiers of the shapes the platform uses.
type idMaker struct{ serial atomic.Int64 }

func (m *idMaker) next() int64 { return m.serial.Add(1) }

// appMsgID is a 64-bit number as in callbacks of an app.
func (m *idMaker) appMsgID(now time.Time) string {
	return strconv.FormatInt(7_000_000_000_000_000_000+now.Unix()%1_000_000_000*1_000_000+m.next()%1_000_000, 10)
}

// opaque is prefix and n random bytes in URL-safe base64.
func (m *idMaker) opaque(prefix string, n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// newReqID hides the place of a call, so that the answer finds it without a global table: 24 characters
// like the platform's.
func newReqID(chat int, serial int64) string {
	var b [18]byte
	rand.Read(b[10:])
	putUint(b[0:4], uint64(chat)^uint64(b[10])<<24^uint64(b[11])<<16^uint64(b[12])<<8^uint64(b[13]))
	putUint(b[4:10], uint64(serial)^uint64(b[14])<<40^uint64(b[15])<<32^uint64(b[16])<<24^uint64(b[17])<<16)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// readReqID is the inverse of [newReqID]; anything else gives ok false or a place that does not hold it.
func readReqID(id string) (chat int, serial int64, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(b) != 18 {
		return 0, 0, false
	}
	c := uint64FromBytes(b[0:4]) ^ uint64(b[10])<<24 ^ uint64(b[11])<<16 ^ uint64(b[12])<<8 ^ uint64(b[13])
	n := uint64FromBytes(b[4:10]) ^ uint64(b[14])<<40 ^ uint64(b[15])<<32 ^ uint64(b[16])<<24 ^ uint64(b[17])<<16
	return int(c), int64(n), true
}

func putUint(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
}

func uint64FromBytes(b []byte) (v uint64) {
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

func (m *idMaker) bubble() string { return "b" + strconv.FormatInt(m.next(), 10) }

func (m *idMaker) botMsgID() string {
	return "CAIQ" + strconv.FormatInt(m.next(), 36) + m.opaque("", 6)
}
