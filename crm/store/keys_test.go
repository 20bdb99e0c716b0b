package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestSealAndOpen(t *testing.T) {
	k := NewKeys()
	plain := []byte("13812345678")
	sealed := k.Seal("contacts", "phone", plain)
	if bytes.Contains(sealed, plain) || bytes.Equal(sealed, k.Seal("contacts", "phone", plain)) {
		t.Error("sealing hides too little")
	}
	if got, err := k.Open("contacts", "phone", sealed); err != nil || !bytes.Equal(got, plain) {
		t.Error(got, err)
	}
	if k.Seal("contacts", "phone", nil) != nil {
		t.Error("nothing is sealed to something")
	}
	if got, err := k.Open("contacts", "phone", nil); got != nil || err != nil {
		t.Error(got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another column": func() ([]byte, error) { return k.Open("contacts", "email", sealed) },
		"another table":  func() ([]byte, error) { return k.Open("customers", "phone", sealed) },
		"changed bytes":  func() ([]byte, error) { return k.Open("contacts", "phone", changed) },
		"cut short":      func() ([]byte, error) { return k.Open("contacts", "phone", sealed[:10]) },
		"other keys":     func() ([]byte, error) { return NewKeys().Open("contacts", "phone", sealed) },
		"no such format": func() ([]byte, error) { return k.Open("contacts", "phone", append([]byte{9}, sealed[1:]...)) },
	} {
		if got, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestBlindIndex(t *testing.T) {
	k := NewKeys()
	if !bytes.Equal(k.Index("phone", "1"), k.Index("phone", "1")) {
		t.Error("equal values differ")
	}
	for name, other := range map[string][]byte{
		"value": k.Index("phone", "2"), "field": k.Index("tail", "1"), "key": NewKeys().Index("phone", "1"), "seam": k.Index("phon", "e\x001"),
	} {
		if bytes.Equal(k.Index("phone", "1"), other) {
			t.Errorf("another %s has the same index", name)
		}
	}
	if k.Index("phone", "") != nil {
		t.Error("nothing has an index")
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "master.key")
	var g sync.WaitGroup
	all := make([]*Keys, 8)
	for i := range all { // processes that start together agree on one file
		g.Go(func() {
			var err error
			if all[i], err = LoadOrCreateKeyFile(path); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	old := all[0]
	sealed := old.SealText("contacts", "phone", "138")
	for _, k := range all {
		if s, err := k.OpenText("contacts", "phone", sealed); err != nil || s != "138" {
			t.Error(s, err)
		}
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Error(i.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Error("left behind:", left)
	}

	rotated, err := RotateKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadOrCreateKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*Keys{rotated, loaded} {
		if s, err := k.OpenText("contacts", "phone", sealed); err != nil || s != "138" {
			t.Error("the old key is lost:", err)
		}
		if !bytes.Equal(k.Index("phone", "138"), old.Index("phone", "138")) {
			t.Error("the index changed")
		}
		fresh := k.SealText("contacts", "phone", "139")
		if _, err := old.OpenText("contacts", "phone", fresh); !errors.Is(err, ErrSealed) {
			t.Error("the new key seals nothing:", err)
		}
	}

	for name, content := range map[string]string{"empty": "", "half": `{"masters":[{"id":1,`, "no keys": `{}`, "short": `{"masters":[{"id":1,"key":"YQ=="}],"index":"YQ=="}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreateKeyFile(path); err == nil {
			t.Errorf("%s file is taken", name)
		}
	}
}
