package aibot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"gendan/adapters/wecom/msgcrypt"
)

// ErrTooLarge means that a file is larger than the caller takes.
var ErrTooLarge = errors.New("aibot: file too large")

// ErrHost means that a file's address is not the platform's; it is not fetched.
var ErrHost = errors.New("aibot: file address is not the platform's")

// Files fetches the files that people send to the bot. The address comes in a message, so only hosts of the
// platform are asked: over https those below a domain of Domains, in any way those of Hosts.
type Files struct {
	Domains []string // nil is the platform's: qq.com and myqcloud.com
	Hosts   []string // host or host:port of a private deployment or a simulator
	Client  *http.Client
}

// File is a fetched and decrypted file.
type File struct {
	Name string // as the sender's machine called it; "" when the platform does not say
	Data []byte
}

// Fetch downloads and decrypts m, at most max bytes. The address lives 5 minutes after the message.
func (f Files) Fetch(ctx context.Context, m Media, max int64) (File, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	u, err := url.Parse(m.URL)
	if err != nil || !f.allowed(u) {
		return File{}, ErrHost
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return File{}, ErrHost
	}
	client := http.Client{Transport: http.DefaultTransport}
	if f.Client != nil {
		client.Transport = f.Client.Transport
	}
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > 3 || !f.allowed(r.URL) {
			return ErrHost
		}
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		var ue *url.Error // its text holds the whole address, signature included
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return File{}, fmt.Errorf("fetch from %s: %w", u.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return File{}, fmt.Errorf("fetch from %s: %s", u.Host, resp.Status)
	}
	const padding = 32
	data, err := io.ReadAll(io.LimitReader(resp.Body, max+padding+1))
	if err != nil {
		return File{}, fmt.Errorf("fetch from %s: %w", u.Host, err)
	}
	if int64(len(data)) > max+padding {
		return File{}, ErrTooLarge
	}
	if m.AESKey != "" {
		if data, err = msgcrypt.DecryptFile(m.AESKey, data); err != nil {
			return File{}, fmt.Errorf("fetch from %s: %w", u.Host, err)
		}
	}
	if int64(len(data)) > max {
		return File{}, ErrTooLarge
	}
	return File{Name: FileName(resp.Header.Get("Content-Disposition")), Data: data}, nil
}

func (f Files) allowed(u *url.URL) bool {
	for _, h := range f.Hosts {
		if strings.EqualFold(h, u.Host) && (u.Scheme == "http" || u.Scheme == "https") {
			return true
		}
	}
	host := strings.ToLower(u.Hostname())
	if u.Scheme != "https" || net.ParseIP(host) != nil {
		return false
	}
	domains := f.Domains
	if domains == nil {
		domains = []string{"qq.com", "myqcloud.com"}
	}
	for _, d := range domains {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

// FileName reads a Content-Disposition: filename*=UTF-8”… first, then filename="…", without any folder.
func FileName(disposition string) string {
	name := ""
	if _, params, err := mime.ParseMediaType(disposition); err == nil {
		name = params["filename"] // mime prefers and decodes filename*
	} else if _, rest, ok := strings.Cut(disposition, "filename="); ok {
		name, _, _ = strings.Cut(rest, ";")
		name = strings.Trim(name, `" `)
	}
	if strings.Contains(name, "%") {
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return name
}
