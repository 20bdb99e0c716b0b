package msgcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
)

// DecryptFile opens a media file that an AI bot was sent: raw AES-256-CBC without the envelope of messages.
// The key is the message's own aeskey (long connection) or the EncodingAESKey (callback URL), base64 with
// or without padding. It works in place: data is overwritten and the result is part of it. Errors are
// [ErrKey] and [ErrSealed].
func DecryptFile(key string, data []byte) ([]byte, error) {
	k, err := ParseKey(key)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, ErrSealed
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, ErrKey
	}
	cipher.NewCBCDecrypter(block, k[:aes.BlockSize]).CryptBlocks(data, data)
	plain, ok := unpad(data)
	if !ok {
		return nil, ErrSealed
	}
	return plain, nil
}

// EncryptFile is the platform's side of [DecryptFile]; it leaves data as it is.
func EncryptFile(key string, data []byte) ([]byte, error) {
	k, err := ParseKey(key)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, ErrKey
	}
	buf := make([]byte, 0, len(data)+blockSize)
	buf = pad(append(buf, data...))
	cipher.NewCBCEncrypter(block, k[:aes.BlockSize]).CryptBlocks(buf, buf)
	return buf, nil
}

// NewKey makes a random AES key in base64, without padding as EncodingAESKey is written (43 characters).
func NewKey() string {
	var k [keySize]byte
	rand.Read(k[:])
	return base64.RawStdEncoding.EncodeToString(k[:])
}
