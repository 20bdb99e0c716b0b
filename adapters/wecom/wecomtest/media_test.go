package wecomtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/msgcrypt"
	"gendan/adapters/wecom/wecomtest"
)

var png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 500)...)

// upload posts a multipart form with the field media.
func (w *world) upload(path, name string, data []byte) (r reply) {
	w.t.Helper()
	if w.token == "" {
		w.getToken()
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", name)
	if err != nil {
		w.t.Fatal(err)
	}
	part.Write(data)
	form.Close()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	resp, err := http.Post(w.APIURL()+"/cgi-bin/"+path+sep+"access_token="+w.token, form.FormDataContentType(), &body)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	all, _ := io.ReadAll(resp.Body)
	r.raw = string(all)
	if err := json.Unmarshal(all, &r); err != nil {
		w.t.Fatalf("%s: %v", all, err)
	}
	return r
}

// fetch gets an address with its headers.
func (w *world) fetch(address string) (int, http.Header, []byte) {
	w.t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, data
}

func TestMediaRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	big := func(head string, n int) []byte { return append([]byte(head), make([]byte, n)...) }
	tests := []struct {
		name, kind string
		data       []byte
		want       int
	}{
		{"picture", "image", png, 0},
		{"picture over 10 MB", "image", big("\x89PNG\r\n\x1a\n", 10<<20), 40009},
		{"picture that is none", "image", []byte("GIF89a..."), 40005},
		{"voice", "voice", []byte("#!AMR\nxxx"), 0},
		{"voice over 2 MB", "voice", big("#!AMR\n", 2<<20), 40006},
		{"voice that is none", "voice", []byte("RIFFxxxx"), 40005},
		{"film", "video", []byte("....ftypisom"), 0},
		{"file", "file", []byte("123456"), 0},
		{"file of 5 bytes", "file", []byte("12345"), 40006},
		{"empty file", "file", nil, 44001},
		{"file over 20 MB", "file", big("", 20<<20+1), 40006},
		{"another kind", "hologram", []byte("123456"), 40004},
	}
	for _, tt := range tests {
		if r := w.upload("media/upload?type="+tt.kind, "a.bin", tt.data); r.Errcode != tt.want || (r.MediaID != "") != (tt.want == 0) {
			t.Errorf("%s: %.200s, want %d", tt.name, r.raw, tt.want)
		}
	}
	if r := w.post("media/upload?type=file", "no form"); r.Errcode != 41005 {
		t.Errorf("without a form: %s", r.raw)
	}
	if r := w.upload("media/uploadimg", "a.png", png); r.Errcode != 0 {
		t.Errorf("uploadimg: %s", r.raw)
	} else if status, _, data := w.fetch(r.URL); status != http.StatusOK || !bytes.Equal(data, png) {
		t.Errorf("its address: %d, %d bytes", status, len(data))
	}
}

func TestMediaLife(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	id := w.upload("media/upload?type=file", "报价单.txt", []byte("云帆 38万")).MediaID
	get := func() (int, http.Header, []byte) {
		return w.fetch(w.APIURL() + "/cgi-bin/media/get?access_token=" + w.token + "&media_id=" + id)
	}
	status, head, data := get()
	_, params, err := mime.ParseMediaType(head.Get("Content-Disposition"))
	if status != http.StatusOK || string(data) != "云帆 38万" || err != nil || params["filename"] != "报价单.txt" {
		t.Errorf("media/get: %d %v %q %v", status, params, data, err)
	}
	if r := w.send("lilei", "file", map[string]any{"media_id": id}); r.Errcode != 0 || w.last("lilei").File.Name != "报价单.txt" {
		t.Errorf("send: %s", r.raw)
	}
	if r := w.send("lilei", "image", map[string]any{"media_id": id}); r.Errcode != 40007 {
		t.Errorf("a file sent as picture: %s", r.raw)
	}
	c.Advance(3 * 24 * time.Hour)
	w.getToken()
	if status, _, data := get(); status != http.StatusOK || !contains(string(data), `"errcode":40007`) {
		t.Errorf("after three days: %d %q", status, data)
	}
	if r := w.send("lilei", "file", map[string]any{"media_id": id}); r.Errcode != 40007 {
		t.Errorf("send after three days: %s", r.raw)
	}
}

func TestBotFiles(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	b := w.bot()
	seen := map[string]bool{}
	for range 2 {
		if _, err := w.SendFile("lilei", "云帆 报价单.txt", []byte("38万"), wecomtest.Options{}); err != nil {
			t.Fatal(err)
		}
		heard := b.read()
		var body struct {
			File struct{ URL, AESKey string }
		}
		if err := json.Unmarshal(heard.Body, &body); err != nil {
			t.Fatal(err)
		}
		if seen[body.File.AESKey] {
			t.Error("two addresses share a key")
		}
		seen[body.File.AESKey] = true
		status, head, data := w.fetch(body.File.URL)
		plain, err := msgcrypt.DecryptFile(body.File.AESKey, bytes.Clone(data))
		_, params, _ := mime.ParseMediaType(head.Get("Content-Disposition"))
		if status != http.StatusOK || err != nil || string(plain) != "38万" || params["filename"] != "云帆 报价单.txt" || bytes.Contains(data, []byte("38万")) {
			t.Errorf("download: %d %q %v %v", status, plain, err, params)
		}
		c.Advance(5 * time.Minute)
		if status, _, _ := w.fetch(body.File.URL); status != http.StatusForbidden {
			t.Errorf("after five minutes: %d", status)
		}
		b.stream(heard.Headers.ReqID, "s", "收到", true)
	}
	if _, _, data := w.fetch(w.APIURL() + wecomtest.ControlPath + "blob/" + w.View("lilei")[0].File.MediaID); string(data) != "38万" {
		t.Errorf("the console's address gives %q", data)
	}
}

func TestBotUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()
	heard := w.said(b, "lilei", "发报价单")
	type m = map[string]any
	init := func(extra m) frame {
		body := m{"type": "file", "filename": "报价单.txt", "total_size": 12, "total_chunks": 2}
		for k, v := range extra {
			body[k] = v
		}
		return b.ask("aibot_upload_media_init", "", body)
	}
	id := func(f frame) string {
		var body struct {
			UploadID string `json:"upload_id"`
			MediaID  string `json:"media_id"`
		}
		json.Unmarshal(f.Body, &body)
		return body.UploadID + body.MediaID
	}
	for name, extra := range map[string]m{
		"101 chunks": {"total_chunks": 101}, "chunks too large": {"total_size": 3 << 20}, "no name": {"filename": ""}, "no size": {"total_size": 0},
	} {
		if got := init(extra); got.Errcode != 40058 || got.Headers.ReqID != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := init(m{"type": "hologram"}); got.Errcode != 40004 {
		t.Errorf("another kind: %+v", got)
	}
	up := id(init(nil))
	chunk := func(index any, data string) frame {
		return b.ask("aibot_upload_media_chunk", "", m{"upload_id": up, "chunk_index": index, "base64_data": data})
	}
	if got := b.ask("aibot_upload_media_finish", "", m{"upload_id": up}); got.Errcode != 40058 {
		t.Errorf("finish without chunks: %+v", got)
	}
	for name, got := range map[string]frame{"index 2": chunk(2, "eHh4eHh4"), "no index": chunk(nil, "eHh4eHh4"), "no base64": chunk(0, "?")} {
		if got.Errcode != 40058 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	chunk(1, "Ynl0ZXMu")
	chunk(0, "dHdlbHZl")
	done := b.ask("aibot_upload_media_finish", "", m{"upload_id": up})
	if done.Errcode != 0 || id(done) == "" {
		t.Fatalf("finish: %+v %s", done, done.Body)
	}
	answer := m{"msgtype": "file", "file": m{"media_id": id(done)}}
	if got := b.ask("aibot_respond_msg", heard.Headers.ReqID, answer); got.Errcode != 0 || w.last("lilei").File == nil {
		t.Errorf("answer with a file: %+v", got)
	}
	if got := b.ask("aibot_respond_msg", heard.Headers.ReqID, m{"msgtype": "image", "image": m{}}); got.Errcode != 40058 || got.Headers.ReqID != "" || !contains(got.Errmsg, "body.image.media_id") {
		t.Errorf("answer without media_id: %+v", got)
	}
	if got := b.ask("aibot_respond_msg", heard.Headers.ReqID, m{"msgtype": "image", "image": m{"media_id": "x"}}); got.Errcode != 40007 {
		t.Errorf("answer with a bad media_id: %+v", got)
	}
}
