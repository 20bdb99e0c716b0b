package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"gendan/crm"
)

// sealedField marks a custom field whose text is sealed, in base64 behind it.
const sealedField = "sealed:"

// CustomFields reads a customer's custom fields, label → text, with the private ones opened.
func (tx *Tx) CustomFields(raw []byte) (map[string]string, error) {
	all := map[string]string{}
	if len(raw) == 0 {
		return all, nil
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("custom fields: %w", err)
	}
	for label, value := range all {
		code, sealed := strings.CutPrefix(value, sealedField)
		if !sealed {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(code)
		if err != nil {
			return nil, fmt.Errorf("custom field %s: %w", label, err)
		}
		if all[label], err = tx.Keys.OpenText("customers", "fields", b); err != nil {
			return nil, fmt.Errorf("custom field %s: %w", label, err)
		}
	}
	return all, nil
}

// SetCustomField answers the old text of a label and the column that holds the new one, sealed if it is private.
func (tx *Tx) SetCustomField(raw []byte, label, value string) (old string, col Col, err error) {
	open, err := tx.CustomFields(raw)
	if err != nil {
		return "", col, err
	}
	kept := map[string]string{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &kept); err != nil {
			return "", col, fmt.Errorf("custom fields: %w", err)
		}
	}
	kept[label] = value
	if crm.PrivateField(label, value) || strings.HasPrefix(value, sealedField) {
		kept[label] = sealedField + base64.StdEncoding.EncodeToString(tx.Keys.SealText("customers", "fields", value))
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return "", col, fmt.Errorf("custom fields: %w", err)
	}
	return open[label], Col{"fields", string(b)}, nil
}
