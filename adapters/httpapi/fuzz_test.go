package httpapi

import (
	"crypto/sha256"
	"encoding/json"
	"testing"

	"gendan/crm/action"
)

// FuzzParams: whatever a caller sends, it is refused with a code, or it is an object whose keys the action knows.
func FuzzParams(f *testing.F) {
	for _, s := range []string{``, `{}`, `null`, `[]`, `{"customer":"云帆"}`, `{"customer":1,"customer":2}`, `{"a":{"b":[1,{"c":null}]}}`, `{"customer":"\u0000"}`, "\xff\xfe", `{"customer":"x"}{`} {
		f.Add([]byte(s))
	}
	schema := action.Schema("customer.view")
	f.Fuzz(func(t *testing.T, raw []byte) {
		params, e := readParams(raw, schema)
		if e != nil {
			if e.Code == "" || e.Message == "" || params != nil {
				t.Errorf("%q: %+v", raw, e)
			}
			return
		}
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(params, &keys); err != nil {
			t.Fatalf("%q became %q", raw, params)
		}
		for k := range keys {
			if k != "customer" {
				t.Errorf("%q lets %q through", raw, k)
			}
		}
		if _, _, e := captureParams(raw, schema, ""); e != nil && e.Message == "" {
			t.Errorf("%q: %+v", raw, e)
		}
	})
}

// FuzzFormToken: no token but our own is taken.
func FuzzFormToken(f *testing.F) {
	d, err := New(Config{Derive: func(purpose, value string) []byte {
		sum := sha256.Sum256([]byte(purpose + "\x00" + value))
		return sum[:16]
	}})
	if err != nil {
		f.Fatal(err)
	}
	own := d.formToken()
	if _, ok := d.formAge(own); !ok {
		f.Fatal("our own token is refused")
	}
	f.Add(own)
	f.Add(own + "A")
	f.Add("")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if _, ok := d.formAge(token); ok && token != own {
			t.Errorf("%q is taken for ours", token)
		}
	})
}
