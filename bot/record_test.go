package bot

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/templates"
)

var readAt = time.Date(2026, 11, 18, 10, 0, 0, 0, crm.Shanghai)

func readPasted(text string) chatlog.Record {
	return chatlog.Read("", []byte(text), chatlog.Options{Now: readAt, Pack: templates.Default()})
}

// TestNoOrderIsTakenForARecord reads everything that people say in the corpora, alone and several lines at a time, as
// somebody types several orders: none of it is a chat record.
func TestNoOrderIsTakenForARecord(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("parse/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpora: %v", err)
	}
	lines, taken := 0, 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var before []string
		scan := bufio.NewScanner(f)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			var u struct {
				Text string `json:"text"`
			}
			if json.Unmarshal(scan.Bytes(), &u) != nil || u.Text == "" {
				continue
			}
			lines++
			if before = append(before, u.Text); len(before) > 4 {
				before = before[1:]
			}
			for n := 1; n <= len(before); n++ {
				if text := strings.Join(before[len(before)-n:], "\n"); isRecord(readPasted(text)) {
					taken++
					t.Errorf("taken for a record: %q", text)
					break
				}
			}
		}
		f.Close()
	}
	t.Logf("%d utterances, alone and with up to three before them: %d taken for records", lines, taken)
}

func TestRecordsAreRecognised(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"王强 2026-11-17 15:02\n你们报价多少\n李雷 2026-11-17 15:03\n38万含税",
		"王强：你们报价多少\n李雷：38万含税\n王强：太贵了",
		"云帆的聊天记录\n王强 11/20 10:01\n你们报价多少\n李雷 11/20 10:02\n38万含税",
		"王强 10:01\n你们报价多少\n李雷 10:02\n38万含税",
	} {
		if r := readPasted(text); !isRecord(r) {
			t.Errorf("%q is no record but %s of %d lines", text, r.Format, len(r.Lines))
		}
	}
	for _, text := range []string{
		"客户：云帆\n联系人：王强\n电话：13812345678", "云帆推进到报价\n明天下午3点提醒我打给王强", "{\"a\":1}", "1. 云帆报价\n2. 蓝天寄样品", "名称：云帆\n行业：制造业",
		"今天：\n云帆 聊了报价\n蓝天 寄了样品",
	} {
		if r := readPasted(text); isRecord(r) {
			t.Errorf("%q is taken for a record: %+v", text, r.Lines)
		}
	}
}

func TestBinariesAreNoRecords(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{
		"%PDF-1.4\n": true, "PK\x03\x04abc": true, "\xff\xd8\xff\xe0": true, "a\x00\xffb\x00\xfe": true,
		"王强 10:01\n你好": false, "\xff\xfe\x8b\x73": false, "\xcd\xf5\xc7\xbf": false, "": false,
	} {
		if got := binary([]byte(data)); got != want {
			t.Errorf("%q: binary is %v", data, got)
		}
	}
}
