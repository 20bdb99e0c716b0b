package wecomtest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// Limits of an upload over the long connection.
const (
	chunkBytes  = 512 << 10
	chunksMost  = 100
	uploadsOpen = 64 // begun and not finished, for all; the oldest are forgotten
)

// uploads are files on their way over the long connection.
type uploads struct {
	mu    sync.Mutex
	open  map[string]*upload
	queue []string
	meter meter
}

type upload struct {
	kind, name, md5 string
	size            int
	chunks          [][]byte
}

func (u *uploads) init() { u.open = map[string]*upload{} }

// uploadBody is the body of the three upload commands.
type uploadBody struct {
	Type        string `json:"type"`
	Filename    string `json:"filename"`
	TotalSize   int    `json:"total_size"`
	TotalChunks int    `json:"total_chunks"`
	MD5         string `json:"md5"`
	UploadID    string `json:"upload_id"`
	ChunkIndex  *int   `json:"chunk_index"`
	Data        string `json:"base64_data"`
}

func (s *Server) botUpload(q *request) ([]byte, *apiError) {
	var b uploadBody
	if err := json.Unmarshal(q.Body, &b); err != nil {
		return nil, fail(40058, "%s. invalid Request Parameter", err)
	}
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	switch q.Cmd {
	case cmdUploadInit:
		return s.uploadInit(&b)
	case cmdUploadChunk:
		return nil, s.uploads.chunk(&b)
	default:
		return s.uploadFinish(&b)
	}
}

func (s *Server) uploadInit(b *uploadBody) ([]byte, *apiError) {
	u := &s.uploads
	switch {
	case !strings.Contains(" image voice video file ", " "+b.Type+" "):
		return nil, fail(40004, "invalid media type")
	case b.Filename == "":
		return nil, missing("filename")
	case len(b.Filename) > 256:
		return nil, fail(40058, "`body.filename` is longer than 256 bytes")
	case b.TotalSize <= 0:
		return nil, missing("total_size")
	case b.TotalChunks <= 0 || b.TotalChunks > chunksMost || b.TotalSize > b.TotalChunks*chunkBytes:
		return nil, fail(40058, "`body.total_chunks` must be 1 to 100, of at most 512 KB each")
	case !u.meter.take(s.Now(), s.cfg.Limits.PerMinute, s.cfg.Limits.PerHour):
		return nil, fail(45009, "api freq out of limit")
	}
	id := s.ids.opaque("up", 16)
	u.open[id] = &upload{b.Type, b.Filename, b.MD5, b.TotalSize, make([][]byte, b.TotalChunks)}
	u.queue = append(u.queue, id)
	for len(u.queue) > uploadsOpen {
		delete(u.open, u.queue[0])
		u.queue = u.queue[1:]
	}
	return []byte(`{"upload_id":"` + id + `"}`), nil
}

// chunk takes one part, in any order; the same index again replaces it.
func (u *uploads) chunk(b *uploadBody) *apiError {
	up := u.open[b.UploadID]
	switch {
	case up == nil:
		return fail(40058, "invalid upload_id")
	case b.ChunkIndex == nil:
		return missing("chunk_index")
	case *b.ChunkIndex < 0 || *b.ChunkIndex >= len(up.chunks):
		return fail(40058, "`body.chunk_index` out of range, the first is 0")
	}
	data, err := base64.StdEncoding.DecodeString(b.Data)
	if err != nil || len(data) == 0 || len(data) > chunkBytes {
		return fail(40058, "`body.base64_data` must be 1 byte to 512 KB in base64")
	}
	up.chunks[*b.ChunkIndex] = data
	return nil
}

func (s *Server) uploadFinish(b *uploadBody) ([]byte, *apiError) {
	up := s.uploads.open[b.UploadID]
	if up == nil {
		return nil, fail(40058, "invalid upload_id")
	}
	var data []byte
	for i, part := range up.chunks {
		if part == nil {
			return nil, fail(40058, "chunk %d is missing", i)
		}
		data = append(data, part...)
	}
	sum := md5.Sum(data)
	if len(data) != up.size || up.md5 != "" && !strings.EqualFold(up.md5, hex.EncodeToString(sum[:])) {
		return nil, fail(40058, "size or md5 does not match")
	}
	if err := checkMedia(up.kind, data); err != nil {
		return nil, err
	}
	delete(s.uploads.open, b.UploadID)
	f := s.newMedia(up.kind, up.name, data, false)
	return []byte(`{"type":"` + up.kind + `","media_id":"` + f.id + `","created_at":` + strconv.FormatInt(f.made.Unix(), 10) + `}`), nil
}
