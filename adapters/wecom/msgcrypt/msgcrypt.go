// Package msgcrypt signs, checks, seals and opens what WeCom (企业微信) and its callback receivers send each
// other: callbacks and passive replies of self-built apps and AI bots (a signed AES envelope), and the
// encrypted media files of AI bots. It knows no XML and no JSON beyond finding the sealed text in a body.
//
// An envelope is AES-256-CBC over random(16) ‖ uint32 length ‖ message ‖ receiver, padded by PKCS#7 with
// blocks of 32 bytes; the key is the 43-character EncodingAESKey and the IV its first half.
package msgcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// What can be wrong with a callback. None of them tells which byte was wrong.
var (
	// ErrSignature means that the signature does not belong to the text: forged, altered or of another token.
	ErrSignature = errors.New("msgcrypt: signature does not match")
	// ErrSealed means that the text cannot be opened with this key: truncated, altered or of another key.
	ErrSealed = errors.New("msgcrypt: sealed text is damaged")
	// ErrReceiver means that the text opens, yet is addressed to another corp or suite.
	ErrReceiver = errors.New("msgcrypt: meant for another receiver")
	// ErrKey means that an AES key is not base64 of 32 bytes.
	ErrKey = errors.New("msgcrypt: AES key is not base64 of 32 bytes")
)

const (
	keySize   = 32 // bytes of an AES-256 key
	blockSize = 32 // bytes of a PKCS#7 block: WeCom pads to 32, although AES works on 16
	headSize  = 16 + 4
)

// Codec seals and opens the messages of one receiver. It never changes after [New] and is safe for
// concurrent use.
type Codec struct {
	token    string
	receiver string
	block    cipher.Block
	iv       [aes.BlockSize]byte
}

// New makes the codec of a callback with its Token and EncodingAESKey as the platform's settings show them.
// The receiver is the corp id for a self-built app, the suite id for a third-party app and "" for an
// internal AI bot. A wrong key is [ErrKey].
func New(token, aesKey, receiver string) (*Codec, error) {
	key, err := ParseKey(aesKey)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	c := &Codec{token: token, receiver: receiver, block: block}
	copy(c.iv[:], key)
	return c, nil
}

// ParseKey decodes an EncodingAESKey (43 characters) or the aeskey of a media file (padded or not) to
// 32 bytes, or gives [ErrKey]. Stray low bits in the last character are accepted: WeCom makes such keys.
func ParseKey(s string) ([]byte, error) {
	for len(s) > 0 && s[len(s)-1] == '=' {
		s = s[:len(s)-1]
	}
	key, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(key) != keySize {
		return nil, ErrKey
	}
	return key, nil
}

// Sign returns the msg_signature of a sealed text: lower-case hex of the SHA-1 over the sorted, joined
// token, timestamp, nonce and sealed text.
func (c *Codec) Sign(timestamp, nonce, sealed string) string {
	sum := c.sign(timestamp, nonce, sealed)
	return hex.EncodeToString(sum[:])
}

func (c *Codec) sign(timestamp, nonce, sealed string) [sha1.Size]byte {
	parts := [4]string{c.token, timestamp, nonce, sealed}
	size := 0
	for i := range parts {
		size += len(parts[i])
		for j := i; j > 0 && parts[j] < parts[j-1]; j-- {
			parts[j], parts[j-1] = parts[j-1], parts[j]
		}
	}
	joined := make([]byte, 0, size)
	for _, p := range parts {
		joined = append(joined, p...)
	}
	return sha1.Sum(joined)
}

// Verify checks a msg_signature in constant time; a wrong one is [ErrSignature].
func (c *Codec) Verify(signature, timestamp, nonce, sealed string) error {
	sum := c.sign(timestamp, nonce, sealed)
	var want [2 * sha1.Size]byte
	hex.Encode(want[:], sum[:])
	if subtle.ConstantTimeCompare(want[:], []byte(signature)) != 1 {
		return ErrSignature
	}
	return nil
}

// Open verifies and decrypts: the way in for every callback and for echostr.
func (c *Codec) Open(signature, timestamp, nonce, sealed string) ([]byte, error) {
	if err := c.Verify(signature, timestamp, nonce, sealed); err != nil {
		return nil, err
	}
	return c.Decrypt(sealed)
}

// Seal encrypts and signs: the way out for a passive reply, and for the platform's own callbacks.
func (c *Codec) Seal(msg []byte, timestamp, nonce string) (sealed, signature string) {
	sealed = c.Encrypt(msg)
	return sealed, c.Sign(timestamp, nonce, sealed)
}

// Encrypt seals msg under a fresh random prefix.
func (c *Codec) Encrypt(msg []byte) string {
	var random [16]byte
	rand.Read(random[:])
	return c.encrypt(random, msg)
}

func (c *Codec) encrypt(random [16]byte, msg []byte) string {
	size := headSize + len(msg) + len(c.receiver)
	buf := make([]byte, 0, size+blockSize)
	buf = append(buf, random[:]...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(msg)))
	buf = append(buf, msg...)
	buf = append(buf, c.receiver...)
	buf = pad(buf)
	cipher.NewCBCEncrypter(c.block, c.iv[:]).CryptBlocks(buf, buf)
	return base64.StdEncoding.EncodeToString(buf)
}

// Decrypt opens a sealed text without checking a signature; see [Codec.Open]. Errors are [ErrSealed] and
// [ErrReceiver].
func (c *Codec) Decrypt(sealed string) ([]byte, error) {
	buf, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(buf) == 0 || len(buf)%aes.BlockSize != 0 {
		return nil, ErrSealed
	}
	cipher.NewCBCDecrypter(c.block, c.iv[:]).CryptBlocks(buf, buf)
	buf, ok := unpad(buf)
	if !ok || len(buf) < headSize {
		return nil, ErrSealed
	}
	size := uint64(binary.BigEndian.Uint32(buf[16:headSize]))
	rest := buf[headSize:]
	if size > uint64(len(rest)) {
		return nil, ErrSealed
	}
	if string(rest[size:]) != c.receiver {
		return nil, ErrReceiver
	}
	return rest[:size:size], nil
}

// pad appends PKCS#7 padding: 1 to 32 bytes, each holding their number.
func pad(buf []byte) []byte {
	n := blockSize - len(buf)%blockSize
	for range n {
		buf = append(buf, byte(n))
	}
	return buf
}

func unpad(buf []byte) ([]byte, bool) {
	if len(buf) == 0 {
		return nil, false
	}
	n := int(buf[len(buf)-1])
	if n < 1 || n > blockSize || n > len(buf) {
		return nil, false
	}
	for _, b := range buf[len(buf)-n:] {
		if int(b) != n {
			return nil, false
		}
	}
	return buf[:len(buf)-n], true
}
