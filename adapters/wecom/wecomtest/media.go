package wecomtest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"gendan/adapters/wecom/msgcrypt"
)

const (
	mediaLife    = 3 * 24 * time.Hour // of a media_id
	botMediaLife = 5 * time.Minute    // of a file's address given to an AI bot

	botMediaPath    = "/_sim/wecom/botmedia/"
	publicImagePath = "/_sim/wecom/blob/"
)

// mediaFile is a file with its media_id.
type mediaFile struct {
	id, kind, name string
	data           []byte
	made           time.Time
	forever        bool // by media/uploadimg, or shown in a chat by a person
}

// weight is what a file costs, bytes: even a tiny one takes its place in the store.
func (f *mediaFile) weight() int64 { return int64(len(f.data)) + 512 }

// mediaStore keeps the newest files up to a total of bytes.
type mediaStore struct {
	mu    sync.Mutex
	most  int64
	total int64
	files map[string]*mediaFile
	order []string
	links map[string]botLink
	linkQ []string
}

// botLink is an address given to an AI bot, with a key of its own.
type botLink struct {
	file *mediaFile
	key  string
	made time.Time
}

func (m *mediaStore) init(most int64) {
	m.most, m.files, m.links = most, map[string]*mediaFile{}, map[string]botLink{}
}

func (m *mediaStore) put(f *mediaFile) *mediaFile {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[f.id] = f
	m.order = append(m.order, f.id)
	m.total += f.weight()
	for m.total > m.most && len(m.order) > 1 {
		m.total -= m.files[m.order[0]].weight()
		delete(m.files, m.order[0])
		m.order = m.order[1:]
	}
	return f
}

func (m *mediaStore) get(id string) *mediaFile {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[id]
}

// ref looks a media_id up for sending as kind.
func (m *mediaStore) ref(id, kind string, now time.Time) (*FileRef, *apiError) {
	f := m.get(id)
	if f == nil || f.forever || now.Sub(f.made) >= mediaLife || f.kind != kind {
		return nil, fail(40007, "invalid media_id")
	}
	return &FileRef{Name: f.name, Size: len(f.data), MediaID: f.id}, nil
}

// checkMedia enforces kinds and sizes.
func checkMedia(kind string, data []byte) *apiError {
	most := map[string]int{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}[kind]
	switch {
	case most == 0:
		return fail(40004, "invalid media type")
	case len(data) == 0:
		return fail(44001, "empty media data")
	case len(data) <= 5:
		return fail(40006, "invalid media size")
	case len(data) > most && kind == "image":
		return fail(40009, "invalid image size")
	case len(data) > most:
		return fail(40006, "invalid media size")
	case kind == "image" && !isPicture(data):
		return fail(40005, "invalid file type: image must be JPG or PNG")
	case kind == "voice" && !bytes.HasPrefix(data, []byte("#!AMR")):
		return fail(40005, "invalid file type: voice must be AMR")
	case kind == "video" && !bytes.Contains(data[:min(len(data), 64)], []byte("ftyp")):
		return fail(40005, "invalid file type: video must be MP4")
	}
	return nil
}

func isPicture(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) || bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
}

func (s *Server) newMedia(kind, name string, data []byte, forever bool) *mediaFile {
	return s.media.put(&mediaFile{id: s.ids.opaque("3", 64), kind: kind, name: name, data: data, made: s.Now(), forever: forever})
}

// part reads the multipart field "media".
func (c *apiCall) part() (name string, data []byte, err *apiError) {
	c.r.Body = io.NopCloser(bytes.NewReader(c.body))
	reader, mpErr := c.r.MultipartReader()
	if mpErr != nil {
		return "", nil, fail(41005, "media data missing")
	}
	for {
		p, mpErr := reader.NextRawPart()
		if mpErr != nil {
			return "", nil, fail(41005, "media data missing")
		}
		if p.FormName() != "media" {
			continue
		}
		if data, mpErr = io.ReadAll(p); mpErr != nil {
			return "", nil, fail(40058, "multipart body is damaged")
		}
		_, params, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		if params["filename"] == "" {
			return "", nil, fail(40058, "filename missing")
		}
		return filepath.Base(params["filename"]), data, nil
	}
}

func (s *Server) apiUpload(c *apiCall) (map[string]any, *apiError) {
	kind := c.query("type")
	name, data, err := c.part()
	if err != nil {
		return nil, err
	}
	if err := checkMedia(kind, data); err != nil {
		return nil, err
	}
	f := s.newMedia(kind, name, data, false)
	return map[string]any{"type": kind, "media_id": f.id, "created_at": strconv.FormatInt(f.made.Unix(), 10)}, nil
}

func (s *Server) apiUploadImage(c *apiCall) (map[string]any, *apiError) {
	name, data, err := c.part()
	switch {
	case err != nil:
		return nil, err
	case len(data) > 2<<20 || len(data) <= 5:
		return nil, fail(40009, "invalid image size")
	case !isPicture(data):
		return nil, fail(40005, "invalid file type")
	}
	f := s.newMedia("image", name, data, true)
	return map[string]any{"url": s.APIURL() + publicImagePath + f.id}, nil
}

// serveMedia is media/get: the file itself, or an error as JSON.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	s.learnURL(r)
	s.counts.apiCalls.Add(1)
	lose, done := s.apiFault(w, r, "media/get")
	if done {
		return
	}
	err := s.admit(r)
	f := s.media.get(r.URL.Query().Get("media_id"))
	if err == nil && (f == nil || !f.forever && s.Now().Sub(f.made) >= mediaLife) {
		err = fail(40007, "invalid media_id")
	}
	s.note(Entry{Kind: KindAPI, Door: DoorApp, Text: "media/get", Code: codeOf(err)})
	switch {
	case lose:
		panic(http.ErrAbortHandler)
	case err != nil:
		s.answer(w, r, nil, err)
	default:
		w.Header().Set("Content-Disposition", disposition(f.name))
		http.ServeContent(w, r, f.name, f.made, bytes.NewReader(f.data))
	}
}

// serveBlob shows a file without any token: the permanent address of media/uploadimg, and the console.
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request) {
	f := s.media.get(r.PathValue("id"))
	if f == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !isPicture(f.data) {
		w.Header().Set("Content-Disposition", disposition(f.name))
	}
	http.ServeContent(w, r, f.name, f.made, bytes.NewReader(f.data))
}

// botURL gives a file to the bot: an address that lives five minutes and a key of its own.
func (s *Server) botURL(f *mediaFile) (address, key string) {
	id, key := s.ids.opaque("", 24), msgcrypt.NewKey()
	m := &s.media
	m.mu.Lock()
	defer m.mu.Unlock()
	m.links[id] = botLink{f, key, s.Now()}
	m.linkQ = append(m.linkQ, id)
	for len(m.linkQ) > 10_000 {
		delete(m.links, m.linkQ[0])
		m.linkQ = m.linkQ[1:]
	}
	return s.APIURL() + botMediaPath + id, key
}

// serveBotMedia answers an address of [Server.botURL] with the encrypted file.
func (s *Server) serveBotMedia(w http.ResponseWriter, r *http.Request) {
	lose, done := s.apiFault(w, r, "botmedia")
	if done {
		return
	}
	s.media.mu.Lock()
	link, ok := s.media.links[r.PathValue("id")]
	s.media.mu.Unlock()
	age := s.Now().Sub(link.made)
	switch {
	case lose:
		panic(http.ErrAbortHandler)
	case !ok:
		http.NotFound(w, r)
	case age >= botMediaLife || age < 0:
		s.note(Entry{Kind: KindAPI, Door: DoorBot, Text: "botmedia expired", Code: http.StatusForbidden})
		http.Error(w, "expired", http.StatusForbidden)
	default:
		sealed, err := msgcrypt.EncryptFile(link.key, link.file.data)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.note(Entry{Kind: KindAPI, Door: DoorBot, Text: "botmedia"})
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", disposition(link.file.name))
		w.Header().Set("Content-Length", strconv.Itoa(len(sealed)))
		w.Write(sealed)
	}
}

// disposition is a Content-Disposition with the name in UTF-8 and an ASCII stand-in.
func disposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, ascii, url.PathEscape(name))
}
