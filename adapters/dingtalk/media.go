package dingtalk

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"gendan/bot/chat"
)

const (
	pathDownload = "/v1.0/robot/messageFiles/download"
	pathUpload   = "/media/upload"
	// maxUpload is the longest picture or file that DingTalk takes, bytes.
	maxUpload = 20 << 20
)

// Download fetches an attachment of at most max bytes. The code in its handle is temporary and works only for the robot
// that received it.
func (a *Adapter) Download(ctx context.Context, at chat.Attachment, max int64) ([]byte, error) {
	var h fileHandle
	if err := json.Unmarshal(at.Handle, &h); err != nil || h.Code == "" {
		return nil, &chat.SendError{Fault: chat.Rejected, Code: "handle", Err: errors.New("dingtalk: no handle of ours")}
	}
	if h.Robot != "" && h.Robot != a.cfg.RobotCode {
		return nil, &chat.SendError{Fault: chat.Rejected, Code: "robot", Err: errForeign}
	}
	var out struct {
		DownloadURL string `json:"downloadUrl"`
	}
	err := a.call(ctx, http.MethodPost, pathDownload, map[string]string{"downloadCode": h.Code, "robotCode": a.cfg.RobotCode}, &out)
	var e *apiError
	if errors.As(err, &e) && e.Code == "unknownError" {
		// A dead code, or a picture inside a forwarded record, which DingTalk never gives out.
		return nil, &chat.SendError{Fault: chat.Rejected, Code: e.Code, Err: err}
	}
	if err != nil {
		f := fault(err, true)
		a.notice(f)
		return nil, f
	}
	return a.fetch(ctx, out.DownloadURL, max)
}

// fetch reads a temporary address, from allowed hosts only.
func (a *Adapter) fetch(ctx context.Context, address string, max int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || !a.mayFetch(u) {
		return nil, &chat.SendError{Fault: chat.Rejected, Code: "host", Err: errors.New("dingtalk: download address of a foreign host")}
	}
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("download: %w", scrub(err))
	}
	resp, err := a.files.Do(req)
	if err != nil {
		return nil, &chat.SendError{Fault: chat.Retry, Code: "download", Err: scrub(err)}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fault(&apiError{Status: resp.StatusCode, Code: "download", Message: resp.Status}, true)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, max+1))
	if err != nil {
		return nil, &chat.SendError{Fault: chat.Retry, Code: "download", Err: scrub(err)}
	}
	if int64(len(data)) > max {
		return nil, &chat.SendError{Fault: chat.Rejected, Code: "tooLarge", Err: fmt.Errorf("dingtalk: file larger than %d bytes", max)}
	}
	return data, nil
}

// upload stores a picture ("image") or file ("file") at DingTalk and gives its permanent media id.
func (a *Adapter) upload(ctx context.Context, kind, name string, data []byte) (string, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("media", name)
	if err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	if _, err := part.Write(data); err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	var out struct {
		MediaID string `json:"media_id"`
	}
	err = a.authorised(ctx, pathUpload, func(ctx context.Context, tok string) error {
		address := a.cfg.OAPIURL + pathUpload + "?type=" + kind + "&access_token=" + url.QueryEscape(tok)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(form.Bytes()))
		if err != nil {
			return fmt.Errorf("upload: %w", scrub(err))
		}
		req.Header.Set("Content-Type", w.FormDataContentType())
		return a.do(req, &out)
	})
	if err != nil {
		return "", fault(err, true) // an upload that is done twice shows nowhere
	}
	return out.MediaID, nil
}

// sendFile uploads f and sends it by OpenAPI; webhooks take no files.
func (a *Adapter) sendFile(ctx context.Context, f chat.Upload, to address) (chat.MessageID, error) {
	if f.Kind == chat.Image {
		name := first(f.Name, "image")
		switch extension(name) {
		case "png", "jpg", "jpeg", "gif", "bmp":
		default:
			name += ".png" // the upload goes by the name; the picture itself is recognised by its bytes
		}
		media, err := a.upload(ctx, "image", name, f.Data)
		if err != nil {
			return "", err
		}
		return a.push(ctx, to, "sampleImageMsg", map[string]string{"photoURL": media})
	}
	name, data, err := sendable(f)
	if err != nil {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "file", Err: err}
	}
	media, err := a.upload(ctx, "file", name, data)
	if err != nil {
		return "", err
	}
	return a.push(ctx, to, "sampleFile", map[string]string{"mediaId": media, "fileName": name, "fileType": extension(name)})
}

// sendable is f as a kind of file that robots may send; any other is packed into a zip.
func sendable(f chat.Upload) (name string, data []byte, err error) {
	name = first(path.Base(strings.ReplaceAll(f.Name, "\\", "/")), "file")
	data = f.Data
	switch extension(name) {
	case "xlsx", "pdf", "zip", "rar", "doc", "docx":
	default:
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err != nil {
			return "", nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := w.Write(data); err != nil {
			return "", nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if err := z.Close(); err != nil {
			return "", nil, fmt.Errorf("pack %s: %w", name, err)
		}
		name, data = name+".zip", b.Bytes()
	}
	if len(data) > maxUpload {
		return "", nil, fmt.Errorf("%s is %d bytes, DingTalk takes %d", name, len(data), maxUpload)
	}
	return name, data, nil
}

func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}
