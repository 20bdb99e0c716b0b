package msgcrypt

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// The official sample of the platform's libraries.
const (
	token = "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo"
	key   = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
	corp  = "ww1436e0e65a779aee"
)

func codec(t testing.TB, receiver string) *Codec {
	t.Helper()
	c, err := New(token, key, receiver)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var vectors = []struct {
	name, receiver, signature, timestamp, nonce, sealed, plain string
}{
	{
		"official: URL verification", corp,
		"012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb", "1476416373", "47744683",
		"fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA==",
		"1288432023552776189",
	},
	{
		"official: text message", corp,
		"0c3914025cb4b4d68103f6bfc8db550f79dcf48e", "1476422779", "1597212914",
		"Kl7kjoSf6DMD1zh7rtrHjFaDapSCkaOnwu3bqLc5tAybhhMl9pFeK8NslNPVdMwmBQTNoW4mY7AIjeLvEl3NyeTkAgGzBhzTtRLNshw2AEew+kkYcD+Fq72Kt00fT0WnN87hGrW8SqGc+NcT3mu87Ha3dz1pSDi6GaUA6A0sqfde0VJPQbZ9U+3JWcoD4Z5jaU0y9GSh010wsHF8KZD24YhmZH4ch4Ka7ilEbjbfvhKkNL65HHL0J6EYJIZUC2pFrdkJ7MhmEbU2qARR4iQHE7wy24qy0cRX3Mfp6iELcDNfSsPGjUQVDGxQDCWjayJOpcwocugux082f49HKYg84EpHSGXAyh+/oxwaWbvL6aSDPOYuPDGOCI8jmnKiypE+",
		"<xml><ToUserName>ww1436e0e65a779aee</ToUserName><FromUserName>ChenJiaShun</FromUserName><CreateTime>1476422779</CreateTime><MsgType>text</MsgType><Content>你好</Content><MsgId>1456453720</MsgId><AgentID>1000002</AgentID></xml>",
	},
	{
		"receiver is a corp", corp,
		"c731ba090adcc4fed6ad34a32c25ecaf5bbca492", "1700000000", "abc123",
		"scEag1243Fmy/fYz4Ux8D+3MJq9DJbxgTwn/D2ybxsx2SLnRZD5bst79kBnqrBG2l2A0UfxGwaTWfWnv9p4fng==",
		"success",
	},
	{
		"receiver is empty: an AI bot", "",
		"0b66cdf7ad033895dee6458fa19cb6aaa436361a", "1700000000", "abc123",
		"scEag1243Fmy/fYz4Ux8DwOHGsVHk3FMsMagvKZap2JRxVUQ9LstLy448vZBndRcfRW23Ewa9AWvf38Oz5cb1UL1qyy4ovWw2+z0xgteaaVEiRhohCY5Tf8SHm7n2h62zBJjGD2GxidzK7LKiY9eeAjnwdttqNFkt/JOuIxqSl7lSnDS0xhKYMP1CFtTNVrlCG19aTlDM6FtNjlSwpn/1A==",
		`{"msgid":"CAIQ1","aibotid":"aib1","chattype":"single","from":{"userid":"zhangsan"},"msgtype":"text","text":{"content":"你好"}}`,
	},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			c := codec(t, v.receiver)
			if got := c.Sign(v.timestamp, v.nonce, v.sealed); got != v.signature {
				t.Errorf("Sign = %s, want %s", got, v.signature)
			}
			got, err := c.Open(v.signature, v.timestamp, v.nonce, v.sealed)
			if err != nil || string(got) != v.plain {
				t.Fatalf("Open = %q, %v; want %q", got, err, v.plain)
			}
		})
	}
}

func TestEncryptIsByteExact(t *testing.T) {
	var random [16]byte
	copy(random[:], "0123456789abcdef")
	for _, v := range vectors[2:] {
		if got := codec(t, v.receiver).encrypt(random, []byte(v.plain)); got != v.sealed {
			t.Errorf("%s: encrypt = %s, want %s", v.name, got, v.sealed)
		}
	}
}

func TestEveryPaddingLength(t *testing.T) {
	c := codec(t, corp)
	for n := range 100 {
		msg := bytes.Repeat([]byte{'x'}, n)
		sealed, signature := c.Seal(msg, "1700000000", "n")
		got, err := c.Open(signature, "1700000000", "n", sealed)
		if err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("%d bytes: %q, %v", n, got, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	c := codec(t, corp)
	v := vectors[1]
	other, err := New(token, NewKey(), corp)
	if err != nil {
		t.Fatal(err)
	}
	resign := func(sealed string) string { return c.Sign(v.timestamp, v.nonce, sealed) }
	flipped := []byte(v.sealed)
	flipped[len(flipped)-6] ^= 1
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	tests := []struct {
		name                    string
		codec                   *Codec
		signature, time, sealed string
		want                    error
	}{
		{"another signature", c, strings.Repeat("0", 40), v.timestamp, v.sealed, ErrSignature},
		{"an empty signature", c, "", v.timestamp, v.sealed, ErrSignature},
		{"an upper-case signature", c, strings.ToUpper(v.signature), v.timestamp, v.sealed, ErrSignature},
		{"another timestamp", c, v.signature, "1476422780", v.sealed, ErrSignature},
		{"an altered text", c, v.signature, v.timestamp, string(flipped), ErrSignature},
		{"an altered text with its signature", c, resign(string(flipped)), v.timestamp, string(flipped), ErrSealed},
		{"a truncated text", c, resign(v.sealed[:64]), v.timestamp, v.sealed[:64], ErrSealed},
		{"no base64", c, resign("?"), v.timestamp, "?", ErrSealed},
		{"an empty text", c, resign(""), v.timestamp, "", ErrSealed},
		{"one block", c, resign(short), v.timestamp, short, ErrSealed},
		{"another key", other, v.signature, v.timestamp, v.sealed, ErrSealed},
		{"another receiver", codec(t, "wwother"), v.signature, v.timestamp, v.sealed, ErrReceiver},
		{"an empty receiver", codec(t, ""), v.signature, v.timestamp, v.sealed, ErrReceiver},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := tt.codec.Open(tt.signature, tt.time, v.nonce, tt.sealed); !errors.Is(err, tt.want) {
				t.Errorf("Open = %q, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	for name, k := range map[string]string{"43 characters": key, "padded": key + "=", "stray low bits": key[:42] + "v"} {
		if _, err := New(token, k, corp); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, k := range map[string]string{"empty": "", "short": key[:42], "long": key + "abcd", "no base64": strings.Repeat("?", 43)} {
		if _, err := New(token, k, corp); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v, want ErrKey", name, err)
		}
	}
}

func TestFile(t *testing.T) {
	sealed, _ := base64.StdEncoding.DecodeString("eo1XH69TeoO6wZfU11La/FO5lgv/Et1TKOxcfrxdPis=")
	if got, err := EncryptFile(key, []byte("hello wecom\n")); err != nil || !bytes.Equal(got, sealed) {
		t.Errorf("EncryptFile = %x, %v", got, err)
	}
	if got, err := DecryptFile(key+"=", bytes.Clone(sealed)); err != nil || string(got) != "hello wecom\n" {
		t.Errorf("DecryptFile = %q, %v", got, err)
	}
	for _, bad := range [][]byte{nil, sealed[:16], sealed[:31]} {
		if got, err := DecryptFile(key, bytes.Clone(bad)); !errors.Is(err, ErrSealed) {
			t.Errorf("DecryptFile of %d bytes = %q, %v", len(bad), got, err)
		}
	}
	if _, err := DecryptFile("", sealed); !errors.Is(err, ErrKey) {
		t.Errorf("without key: %v", err)
	}
}

func TestEnvelopes(t *testing.T) {
	c := codec(t, corp)
	body := CallbackXML(corp, 1000002, "c2VhbGVk")
	if got, err := FromXML(body); err != nil || got != "c2VhbGVk" {
		t.Errorf("FromXML(%s) = %q, %v", body, got, err)
	}
	for _, bad := range []string{"", "<xml></xml>", "<Encrypt>abc", "<Encrypt></Encrypt>", "<Encrypt><![CDATA[abc</Encrypt>", "<Encrypt><a/></Encrypt>"} {
		if got, err := FromXML([]byte(bad)); !errors.Is(err, ErrEnvelope) {
			t.Errorf("FromXML(%q) = %q, %v", bad, got, err)
		}
	}
	if got, err := FromXML([]byte("<xml>\n <Encrypt> YQ== </Encrypt>\n</xml>")); err != nil || got != "YQ==" {
		t.Errorf("without CDATA: %q, %v", got, err)
	}
	if got, err := FromJSON([]byte(`{"encrypt":"YQ=="}`)); err != nil || got != "YQ==" {
		t.Errorf("FromJSON = %q, %v", got, err)
	}
	if _, err := FromJSON([]byte(`{"encrypt":""}`)); !errors.Is(err, ErrEnvelope) {
		t.Errorf("FromJSON of nothing: %v", err)
	}
	reply := c.ReplyXML([]byte("<xml>好</xml>"), "1700000000", "n1")
	if got, err := c.OpenReplyXML(reply); err != nil || string(got) != "<xml>好</xml>" {
		t.Errorf("OpenReplyXML(%s) = %q, %v", reply, got, err)
	}
	forged := bytes.Replace(reply, []byte("1700000000"), []byte("1700000001"), 1)
	if _, err := c.OpenReplyXML(forged); !errors.Is(err, ErrSignature) {
		t.Errorf("forged reply: %v", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.sealed, []byte(v.plain))
	}
	f.Fuzz(func(t *testing.T, sealed string, msg []byte) {
		c := codec(t, corp)
		if got, err := c.Decrypt(sealed); err == nil {
			if again, err := c.Decrypt(c.Encrypt(got)); err != nil || !bytes.Equal(again, got) {
				t.Fatalf("%q does not survive a round trip: %q, %v", got, again, err)
			}
		}
		if got, err := c.Decrypt(c.Encrypt(msg)); err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("round trip of %q = %q, %v", msg, got, err)
		}
		FromXML(msg)
		c.OpenReplyXML(msg)
	})
}

func BenchmarkOpen(b *testing.B) {
	c, v := codec(b, corp), vectors[1]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Open(v.signature, v.timestamp, v.nonce, v.sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	c, msg := codec(b, corp), []byte(vectors[1].plain)
	b.ReportAllocs()
	for b.Loop() {
		c.Seal(msg, "1700000000", "abc123")
	}
}
