package conformance

import (
	"encoding/base64"
	"strings"
	"testing"

	"gendan/adapters/wecom/msgcrypt"
)

// TestCrypto lets both sides open what the other sealed, for every padding length, for a corp and for an
// AI bot without receiver.
func TestCrypto(t *testing.T) {
	needNode(t)
	t.Parallel()
	n := run(t, "crypto.mjs")
	const token, stamp, nonce = "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", "1700000000", "abc123"
	for _, id := range []string{"ww1436e0e65a779aee", ""} {
		key := msgcrypt.NewKey()
		c, err := msgcrypt.New(token, key, id)
		if err != nil {
			t.Fatal(err)
		}
		for size := range 40 {
			message := "好的，" + strings.Repeat("x", size)
			sealed, signature := c.Seal([]byte(message), stamp, nonce)
			q := map[string]string{"token": token, "key": key, "id": id, "timestamp": stamp, "nonce": nonce, "sealed": sealed, "message": message, "signature": signature}

			q["op"] = "open"
			if got := n.ask(q); got["message"] != message || got["id"] != id || got["signature"] != signature {
				t.Fatalf("@wecom/crypto opens ours as %v", got)
			}
			q["op"] = "seal"
			theirs := n.ask(q)
			if got, err := c.Open(theirs["signature"].(string), stamp, nonce, theirs["sealed"].(string)); err != nil || string(got) != message {
				t.Fatalf("we open @wecom/crypto's as %q, %v", got, err)
			}
			q["op"] = "bot"
			theirs = n.ask(q)
			if theirs["ok"] != true || theirs["message"] != message {
				t.Fatalf("the SDK opens ours as %v", theirs)
			}
			if got, err := c.Open(theirs["signature"].(string), stamp, nonce, theirs["sealed"].(string)); err != nil || string(got) != message {
				t.Fatalf("we open the SDK's as %q, %v", got, err)
			}

			file, err := msgcrypt.EncryptFile(key, []byte(message))
			if err != nil {
				t.Fatal(err)
			}
			got := n.ask(map[string]string{"op": "file", "key": key, "data": base64.StdEncoding.EncodeToString(file)})
			if got["data"] != base64.StdEncoding.EncodeToString([]byte(message)) {
				t.Fatalf("the SDK opens our file as %v", got)
			}
		}
	}
}
