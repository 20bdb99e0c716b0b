// Package conformance proves the DingTalk simulator with the platform's official Node client, at the
// version that package-lock.json pins.
package conformance

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gendan/adapters/dingtalk/dingtalktest"
)

// TestNodeClient runs drive.mjs against a simulator. It needs GENDAN_CONFORMANCE=1, which `make test`
// sets, as the first run installs the client by npm.
func TestNodeClient(t *testing.T) {
	if os.Getenv("GENDAN_CONFORMANCE") != "1" {
		t.Skip("GENDAN_CONFORMANCE=1 runs it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil {
		npm := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		if out, err := npm.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}

	cfg := dingtalktest.Config{
		ClientID: "dingconformance", ClientSecret: "s3cret", RobotCode: "dingrobot", CardTemplateID: "t.schema",
		PingEvery: 700 * time.Millisecond, Repush: time.Second, EventRepush: time.Second, Grace: 300 * time.Millisecond,
	}
	s := dingtalktest.New(cfg)
	base, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.AddUser(dingtalktest.User{UserID: "lilei", Name: "李雷"}, dingtalktest.User{UserID: "hanmeimei", Name: "韩梅梅"})
	group := s.AddGroup(dingtalktest.Group{Title: "云帆项目群", Members: []string{"lilei", "hanmeimei"}})

	node := exec.CommandContext(ctx, "node", "drive.mjs", base)
	node.Env = append(os.Environ(), "CLIENT_ID="+cfg.ClientID, "CLIENT_SECRET="+cfg.ClientSecret, "ROBOT_CODE="+cfg.RobotCode,
		"CARD_TEMPLATE_ID="+cfg.CardTemplateID, "GROUP="+group, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	var out, problems bytes.Buffer
	node.Stdout, node.Stderr = &out, &problems
	err = node.Run()
	passed := 0
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "ok ") {
			passed++
		}
		t.Log(lines.Text())
	}
	if err != nil {
		t.Fatalf("drive.mjs: %v\n%s", err, problems.String())
	}
	if passed < 11 {
		t.Errorf("%d checks passed, want 11", passed)
	}
	if v := s.Violations(); v != nil {
		t.Errorf("the client broke rules: %v", v)
	}
}
