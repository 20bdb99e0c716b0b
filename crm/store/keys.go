package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Keys seals what may hold personal data and makes the blind indexes over it. The key file holds one or
// more master keys; from each a data key per column is derived (HKDF-SHA256), so that a value copied to
// another column does not open. The newest master seals, all of them open: rotation needs no downtime.
//
// A sealed value is: format (1 byte, 1), master key id (2 bytes, big endian), nonce (12 bytes), AES-256-GCM
// ciphertext with tag. Its additional data is "table.column".
type Keys struct {
	masters map[uint16][]byte
	newest  uint16
	index   []byte // key of the blind indexes; never rotated, since that means re-reading every row

	mu    sync.RWMutex
	aeads map[aeadName]cipher.AEAD
}

type aeadName struct {
	id    uint16
	field string
}

// keyFile is the key file's content: JSON, keys in base64.
type keyFile struct {
	Masters []masterKey `json:"masters"` // oldest first
	Index   []byte      `json:"index"`
}

type masterKey struct {
	ID  uint16 `json:"id"`
	Key []byte `json:"key"` // 32 bytes
}

const (
	sealFormat = 1
	sealHeader = 1 + 2 + 12
	indexBytes = 16 // enough to tell millions of phones apart, too little to hold one
)

// ErrSealed is met when a sealed value does not open: another key file, another column, or changed bytes.
var ErrSealed = errors.New("store: sealed value does not open")

// NewKeys makes fresh random keys, for tests and for a new key file.
func NewKeys() *Keys {
	k, err := keysOf(newKeyFile())
	if err != nil {
		panic(err) // our own fresh file is well formed
	}
	return k
}

func newKeyFile() keyFile {
	return keyFile{Masters: []masterKey{{ID: 1, Key: randomKey()}}, Index: randomKey()}
}

func randomKey() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails since Go 1.24
	return b
}

func keysOf(f keyFile) (*Keys, error) {
	k := &Keys{masters: map[uint16][]byte{}, index: f.Index, aeads: map[aeadName]cipher.AEAD{}}
	if len(f.Index) != 32 {
		return nil, errors.New("key file: index key is not 32 bytes")
	}
	for _, m := range f.Masters {
		if len(m.Key) != 32 {
			return nil, fmt.Errorf("key file: key %d is not 32 bytes", m.ID)
		}
		if k.masters[m.ID] != nil {
			return nil, fmt.Errorf("key file: key %d stands twice", m.ID)
		}
		k.masters[m.ID], k.newest = m.Key, m.ID
	}
	if len(k.masters) == 0 {
		return nil, errors.New("key file: no keys")
	}
	return k, nil
}

// LoadOrCreateKeyFile reads the key file at path, or makes one with fresh keys and mode 0600. Whoever loses
// the file loses the personal data in the database and in its backups.
func LoadOrCreateKeyFile(path string) (*Keys, error) {
	f, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		f = newKeyFile()
		if err = writeKeyFile(path, f, os.Link); errors.Is(err, fs.ErrExist) { // another process was first
			f, err = readKeyFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return keysOf(f)
}

// RotateKeyFile adds a fresh master key to the file at path and returns the keys. Running processes go on
// with the old key until they start again and cannot open what the new key sealed, so restart them at once.
func RotateKeyFile(path string) (*Keys, error) {
	f, err := readKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	var last uint16
	for _, m := range f.Masters {
		last = max(last, m.ID)
	}
	f.Masters = append(f.Masters, masterKey{ID: last + 1, Key: randomKey()})
	if err := writeKeyFile(path, f, os.Rename); err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return keysOf(f)
}

func readKeyFile(path string) (f keyFile, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(b, &f)
}

// writeKeyFile writes f beside path and moves it there by place, so that a crash never leaves half a file:
// os.Link refuses when path exists, os.Rename replaces it.
func writeKeyFile(path string, f keyFile, place func(from, to string) error) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".key-*") // CreateTemp makes mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	if _, err = t.Write(append(b, '\n')); err == nil {
		err = t.Sync()
	}
	if err2 := t.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return place(t.Name(), path)
}

func (k *Keys) aead(id uint16, field string) (cipher.AEAD, error) {
	name := aeadName{id, field}
	k.mu.RLock()
	a := k.aeads[name]
	k.mu.RUnlock()
	if a != nil {
		return a, nil
	}
	master := k.masters[id]
	if master == nil {
		return nil, fmt.Errorf("%w: %s is sealed with key %d, which the key file lacks", ErrSealed, field, id)
	}
	data, err := hkdf.Key(sha256.New, master, nil, "gendan seal "+field, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(data)
	if err != nil {
		return nil, err
	}
	if a, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.aeads[name] = a
	k.mu.Unlock()
	return a, nil
}

// Seal seals plain for table.column with the newest key. Nothing seals to nil, which is NULL.
func (k *Keys) Seal(table, column string, plain []byte) []byte {
	if len(plain) == 0 {
		return nil
	}
	field := table + "." + column
	a, err := k.aead(k.newest, field)
	if err != nil {
		panic(err) // the newest key is always there, and 32 bytes long
	}
	b := make([]byte, sealHeader, sealHeader+len(plain)+a.Overhead())
	b[0] = sealFormat
	binary.BigEndian.PutUint16(b[1:], k.newest)
	rand.Read(b[3:sealHeader])
	return a.Seal(b, b[3:sealHeader], plain, []byte(field))
}

// Open opens what Seal sealed for the same table.column; nil opens to nil. It refuses with [ErrSealed].
func (k *Keys) Open(table, column string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	field := table + "." + column
	if len(sealed) < sealHeader || sealed[0] != sealFormat {
		return nil, fmt.Errorf("%w: %s: unknown format", ErrSealed, field)
	}
	a, err := k.aead(binary.BigEndian.Uint16(sealed[1:]), field)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, sealed[3:sealHeader], sealed[sealHeader:], []byte(field))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrSealed, field)
	}
	return plain, nil
}

// SealText is [Keys.Seal] for a string.
func (k *Keys) SealText(table, column, plain string) []byte {
	return k.Seal(table, column, []byte(plain))
}

// OpenText is [Keys.Open] for a string.
func (k *Keys) OpenText(table, column string, sealed []byte) (string, error) {
	b, err := k.Open(table, column, sealed)
	return string(b), err
}

// Index is the blind index of value: equal values of a field have equal indexes, and without the key file
// nothing can be told from one. The caller brings value into its normal form first. "" has none: nil.
func (k *Keys) Index(field, value string) []byte {
	if value == "" {
		return nil
	}
	m := hmac.New(sha256.New, k.index)
	m.Write([]byte(field))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return m.Sum(nil)[:indexBytes]
}

// mac authenticates data under the index key, for the audit chain.
func (k *Keys) mac(purpose string, data []byte) []byte {
	m := hmac.New(sha256.New, k.index)
	m.Write([]byte(purpose))
	m.Write([]byte{0})
	m.Write(data)
	return m.Sum(nil)
}
