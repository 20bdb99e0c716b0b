package dingtalktest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// Lives of what a received file hangs on, on the platform's clock.
const (
	codeLife = 2 * time.Hour    // downloadCode
	linkLife = 30 * time.Minute // downloadUrl
)

type file struct {
	id    string
	name  string
	data  []byte
	until time.Time // zero for uploads: they stay
	dead  bool      // of a forwarded log: cannot be fetched
}

// fileStore keeps files up to a number of bytes, oldest out first. It is guarded by Server.mu.
type fileStore struct {
	max, size int64
	byID      map[string]*file // downloadCode, mediaId or id in a downloadUrl
	order     []string
}

func newFileStore(limit int64) *fileStore { return &fileStore{max: limit, byID: map[string]*file{}} }

func (s *fileStore) put(f *file) {
	s.byID[f.id] = f
	s.order = append(s.order, f.id)
	s.size += int64(len(f.data))
	for (s.size > s.max || len(s.order) > 50000) && len(s.order) > 1 {
		if old := s.byID[s.order[0]]; old != nil {
			s.size -= int64(len(old.data))
			delete(s.byID, old.id)
		}
		s.order = s.order[1:]
	}
}

func (s *fileStore) hasMedia(id string) bool { return s.byID[id] != nil && strings.HasPrefix(id, "@") }

// killCodes makes the codes inside a forwarded log unusable, as the platform does.
func (s *fileStore) killCodes(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if code, ok := x.(string); ok && (k == "downloadCode" || k == "pictureDownloadCode") {
				s.put(&file{id: code, dead: true})
			}
			s.killCodes(x)
		}
	case []any:
		for _, x := range v {
			s.killCodes(x)
		}
	}
}

// AddFile keeps a file as if a person had sent it and returns its downloadCode, for the content of Send.
func (s *Server) AddFile(name string, data []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addFile(name, data)
}

func (s *Server) addFile(name string, data []byte) string {
	id := s.id("dlc") + opaque("code", name)[:16]
	s.files.put(&file{id: id, name: name, data: bytes.Clone(data), until: s.now().Add(codeLife)})
	return id
}

// giveCode completes the content of a media message. The caller holds s.mu.
func (s *Server) giveCode(msgtype string, f map[string]any) {
	name, _ := f["fileName"].(string)
	if name == "" {
		name = map[string]string{"picture": "picture.png", "audio": "voice.amr", "video": "video.mp4", "file": "file.txt"}[msgtype]
	}
	if f["downloadCode"] == nil {
		f["downloadCode"] = s.addFile(name, []byte("simulated "+msgtype))
	}
	switch msgtype {
	case "picture":
		if f["pictureDownloadCode"] == nil {
			f["pictureDownloadCode"] = f["downloadCode"]
		}
	case "audio":
		if f["duration"] == nil {
			f["duration"] = 4321
		}
	case "video":
		if f["duration"] == nil {
			f["duration"] = "5"
		}
		if f["videoType"] == nil {
			f["videoType"] = "mp4"
		}
	case "file":
		f["fileName"] = name
	}
}

// fileOf describes a file by its mediaId or address. The caller holds s.mu.
func (s *Server) fileOf(id, name string) *File {
	if strings.HasPrefix(id, "http://") || strings.HasPrefix(id, "https://") {
		return &File{Name: name, URL: id}
	}
	out := &File{Name: name, MediaID: id}
	if f := s.files.byID[id]; f != nil {
		out.Size = len(f.data)
		out.URL = s.base + "/_sim/dingtalk/media/" + strings.TrimPrefix(id, "@")
		if name == "" {
			out.Name = f.name
		}
	}
	return out
}

// Media returns an uploaded file by its mediaId.
func (s *Server) Media(mediaID string) (name string, data []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.byID[mediaID]
	if f == nil || !s.files.hasMedia(mediaID) {
		return "", nil, false
	}
	return f.name, bytes.Clone(f.data), true
}

func (s *Server) fileRoutes(m *http.ServeMux) {
	s.api(m, "POST /v1.0/robot/messageFiles/download", "qyapi_robot_sendmsg", func(c *call) (any, *refusal) {
		var in struct{ DownloadCode, RobotCode string }
		if no := c.into(&in, "invalidParameter.param.invalid"); no != nil {
			return nil, no
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if in.RobotCode != s.cfg.RobotCode {
			return nil, bad("invalidParameter.robotCode.invalid", "robotCode 与消息不符")
		}
		f := s.files.byID[in.DownloadCode]
		if f == nil || f.dead || f.until.IsZero() || !s.now().Before(f.until) {
			return nil, refuse(http.StatusInternalServerError, "unknownError", "未知错误")
		}
		link := &file{id: s.id("dl") + randomHex(8), name: f.name, data: f.data, until: s.now().Add(linkLife)}
		s.files.put(link)
		return map[string]any{"downloadUrl": s.base + "/files/" + link.id}, nil
	})
	m.HandleFunc("GET /files/{id}", func(w http.ResponseWriter, r *http.Request) {
		if f := s.fault(FaultAPI, r.URL.Path, ""); f != nil && s.obey(w, r, f, false) {
			return
		}
		s.mu.Lock()
		f := s.files.byID[r.PathValue("id")]
		ok := f != nil && s.now().Before(f.until)
		s.mu.Unlock()
		if !ok {
			http.Error(w, "link expired", http.StatusForbidden)
			return
		}
		serveFile(w, f)
	})
	m.HandleFunc("GET /_sim/dingtalk/media/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		f := s.files.byID["@"+r.PathValue("id")]
		s.mu.Unlock()
		if f == nil {
			http.NotFound(w, r)
			return
		}
		serveFile(w, f)
	})
	s.legacy(m, "POST /media/upload", "qyapi_base", s.upload)
}

func serveFile(w http.ResponseWriter, f *file) {
	typ := mime.TypeByExtension(filepath.Ext(f.name))
	if typ == "" {
		typ = "application/octet-stream"
	}
	w.Header().Set("Content-Type", typ)
	_, _ = w.Write(f.data)
}

// uploadRules are the endings and the most bytes of each media type.
var uploadRules = map[string]struct {
	max  int
	exts string
}{
	"image": {20 << 20, " .jpg .jpeg .gif .png .bmp "},
	"voice": {2 << 20, " .amr .mp3 .wav "},
	"video": {20 << 20, " .mp4 "},
	"file":  {20 << 20, " .doc .docx .xls .xlsx .ppt .pptx .zip .pdf .rar "},
}

func (s *Server) upload(c *call) (any, *refusal) {
	typ := c.r.URL.Query().Get("type")
	rule, ok := uploadRules[typ]
	if !ok {
		return nil, refuse(0, "40004", "不合法的媒体文件类型")
	}
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, refuse(0, "43004", "无效的HTTP HEADER Content-Type")
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, refuse(0, "41005", "缺少 media 参数")
		}
		if part.FormName() != "media" || part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, refuse(0, "40035", "文件不完整")
		}
		ext := strings.ToLower(filepath.Ext(part.FileName()))
		switch {
		case !strings.Contains(rule.exts, " "+ext+" "):
			return nil, refuse(0, "40004", "不支持的文件类型 %s", ext)
		case len(data) == 0:
			return nil, refuse(0, "40035", "文件为空")
		case len(data) > rule.max:
			return nil, refuse(0, "40006", "不合法的文件大小")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		f := &file{id: s.id("@lAD"), name: part.FileName(), data: data}
		s.files.put(f)
		return flatResult{"type": typ, "media_id": f.id, "created_at": s.now().UnixMilli()}, nil
	}
}
