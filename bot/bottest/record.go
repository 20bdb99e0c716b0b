package bottest

import (
	"encoding/json"
	"os"
	"path/filepath"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// attach sends a file of testdata/records in the 1:1 chat.
func (w *world) attach(user, name string) error {
	data, err := os.ReadFile(filepath.Join("testdata", "records", name))
	if err != nil {
		return err
	}
	if w.simWeCom != nil {
		_, err = w.simWeCom.SendFile(user, name, data, wecomtest.Options{})
		return err
	}
	_, err = w.simDingTalk.Send(user, "file", map[string]any{"fileName": name, "downloadCode": w.simDingTalk.AddFile(name, data)}, dingtalktest.Say{})
	return err
}

// forward sends the content of a chatRecord as DingTalk delivers it. WeCom delivers none, at most a message of a kind that
// nobody knows.
func (w *world) forward(user, name string) error {
	data, err := os.ReadFile(filepath.Join("testdata", "records", name))
	if err != nil {
		return err
	}
	if w.simWeCom != nil {
		_, err = w.simWeCom.Raw(user, "chatrecord_msg", json.RawMessage(`{}`), wecomtest.Options{})
		return err
	}
	var content map[string]any
	if err := json.Unmarshal(data, &content); err != nil {
		return err
	}
	_, err = w.simDingTalk.Send(user, "chatRecord", content, dingtalktest.Say{})
	return err
}
