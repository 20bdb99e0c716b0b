package aibot

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

const (
	chunkSize = 512 << 10 // raw bytes of a chunk, the platform's most
	maxChunks = 100
)

// Upload hands a file to the platform in chunks, one after another (in parallel they draw server errors),
// and returns its media_id, which lives 3 days. Kind is image (10 MB), voice (2 MB AMR), video (10 MB) or
// file (20 MB).
func (c *Client) Upload(ctx context.Context, kind, name string, data []byte) (mediaID string, err error) {
	chunks := (len(data) + chunkSize - 1) / chunkSize
	if chunks == 0 || chunks > maxChunks {
		return "", fmt.Errorf("upload %d bytes: the platform takes 1 byte to %d chunks of %d", len(data), maxChunks, chunkSize)
	}
	sum := md5.Sum(data)
	var begun struct {
		UploadID string `json:"upload_id"`
	}
	err = c.call(ctx, cmdUploadInit, map[string]any{
		"type": kind, "filename": shorten(name, 256), "total_size": len(data), "total_chunks": chunks,
		"md5": hex.EncodeToString(sum[:]),
	}, &begun)
	if err != nil {
		return "", err
	}
	for i := range chunks {
		part := data[i*chunkSize : min((i+1)*chunkSize, len(data))]
		err = c.call(ctx, cmdUploadChunk, map[string]any{
			"upload_id": begun.UploadID, "chunk_index": i, "base64_data": base64.StdEncoding.EncodeToString(part),
		}, nil)
		if err != nil {
			return "", fmt.Errorf("chunk %d of %d: %w", i, chunks, err)
		}
	}
	var done struct {
		MediaID string `json:"media_id"`
	}
	if err = c.call(ctx, cmdUploadFinish, map[string]any{"upload_id": begun.UploadID}, &done); err != nil {
		return "", err
	}
	if done.MediaID == "" {
		return "", fmt.Errorf("%s: the platform gave no media_id", cmdUploadFinish)
	}
	return done.MediaID, nil
}

// call is a request of our own with an answer body; out may be nil.
func (c *Client) call(ctx context.Context, cmd string, body, out any) error {
	data, err := c.send(ctx, cmd, newReqID(cmd), body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s: answer: %w", cmd, err)
	}
	return nil
}

// shorten cuts s to at most n bytes on a rune boundary.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
