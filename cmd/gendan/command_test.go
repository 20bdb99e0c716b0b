package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// play runs a command in this process.
func play(t *testing.T, stdin string, args ...string) (out, errs string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var o, e bytes.Buffer
	code = run(ctx, args, streams{strings.NewReader(stdin), &o, &e})
	return o.String(), e.String(), code
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	out, _, code := play(t, "", "--help")
	if code != 0 {
		t.Errorf("gendan --help: exit status %d", code)
	}
	for _, c := range commands {
		if !strings.Contains(out, "\n  "+c.name+" ") {
			t.Errorf("gendan --help does not name %s", c.name)
		}
		for _, flag := range []string{"--help", "-h"} {
			o, e, code := play(t, "", c.name, flag)
			help := o + e
			if code != 0 {
				t.Errorf("gendan %s %s: exit status %d", c.name, flag, code)
			}
			if !strings.Contains(strings.ToLower(help), "example") || !strings.Contains(help, "gendan "+c.name) {
				t.Errorf("gendan %s %s shows no example:\n%s", c.name, flag, help)
			}
		}
	}
}

func TestWrongCommandsEndWithTwo(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"serve", "--nonsense"}, {"migrate", "--nonsense"}, {"user"}, {"user", "add", "--nonsense"}, {"doctor", "--nonsense"}, {"sim", "--nonsense"},
		{"audit"}, {"audit", "nonsense"}, {"parse"}, {"parse", "--now", "yesterday", "云帆推进到报价"},
	} {
		if o, e, code := play(t, "", args...); code != 2 || o+e == "" {
			t.Errorf("gendan %s: exit status %d, says %q", strings.Join(args, " "), code, o+e)
		}
	}
}

func TestParseReadsArgumentsAndLines(t *testing.T) {
	const now = "2026-11-18T10:00:00+08:00"
	type answer struct {
		Text    string `json:"text"`
		Actions []struct {
			Action string         `json:"action"`
			Params map[string]any `json:"params"`
		} `json:"actions"`
	}
	read := func(out string) (list []answer) {
		for line := range strings.Lines(out) {
			var a answer
			if err := json.Unmarshal([]byte(line), &a); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			list = append(list, a)
		}
		return list
	}
	out, errs, code := play(t, "", "parse", "--json", "--now", now, "云帆推进到报价,38万,明天下午3点提醒我打给王强")
	if list := read(out); code != 0 || len(list) != 1 || len(list[0].Actions) != 2 {
		t.Errorf("exit status %d: %s%s", code, out, errs)
	}
	lines := "云帆推进到报价\r\n今天做什么\n\n新客户 云帆科技"
	out, errs, code = play(t, lines, "parse", "--json", "--now", now, "--file", "-")
	if list := read(out); code != 0 || len(list) != 4 || list[0].Text != "云帆推进到报价" {
		t.Errorf("exit status %d, %d lines: %s%s", code, len(read(out)), out, errs)
	}
	file := filepath.Join(t.TempDir(), "said")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	again, _, code := play(t, "", "parse", "--json", "--now", now, "--file", file)
	if code != 0 || again != out {
		t.Errorf("a file and standard input differ: exit status %d\n%s\n%s", code, again, out)
	}
	if _, _, code := play(t, "", "parse", "--file", file+".none"); code != 1 {
		t.Errorf("a missing file: exit status %d", code)
	}
	if out, _, code := play(t, "", "parse", "--explain", "--now", now, "云帆推进到报价"); code != 0 || !strings.Contains(out, "deal.update") || !strings.Contains(out, "because") {
		t.Errorf("exit status %d: %s", code, out)
	}
}

// TestSettings reads environments, right and wrong; every wrong setting is named, not only the first.
func TestSettings(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	from := func(env map[string]string) (settings, error) {
		return readSettings(func(name string) string { return env[name] })
	}
	s, err := from(nil)
	if err != nil || s.Listen != "127.0.0.1:8080" || s.KeyFile != filepath.Join(s.DataDir, "master.key") || s.Zone.String() == "UTC" {
		t.Errorf("an empty environment gives %+v, %v", s, err)
	}
	s, err = from(map[string]string{"WECOM_BOT_ID": "b", "WECOM_BOT_SECRET_FILE": secret, "GENDAN_KEY_FILE": "/k", "GENDAN_TZ": "Asia/Tokyo"})
	if err != nil || s.WeComBotSecret != "from-a-file" || s.KeyFile != "/k" || s.Zone.String() != "Asia/Tokyo" {
		t.Errorf("got %+v, %v", s, err)
	}
	_, err = from(map[string]string{
		"GENDAN_LISTEN": "nowhere", "GENDAN_TZ": "Mars/Olympus", "GENDAN_LOG": "loud", "WECOM_API_URL": "ftp://x", "WECOM_AGENT_ID": "many",
		"WECOM_TOKEN": "t", "DINGTALK_CLIENT_ID": "c", "WECOM_SECRET_FILE": secret + ".none",
	})
	if err == nil {
		t.Fatal("nothing is found wrong")
	}
	for _, name := range []string{"GENDAN_LISTEN", "GENDAN_TZ", "GENDAN_LOG", "WECOM_API_URL", "WECOM_AGENT_ID", "WECOM_AES_KEY", "DINGTALK_CLIENT_SECRET", "WECOM_SECRET_FILE"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	help, documented := describeSettings(), map[string]bool{}
	for _, d := range allSettings {
		if documented[d.name] || d.doc == "" || !strings.Contains(help, d.name) {
			t.Errorf("%s stands twice, or not in the help, or without a word", d.name)
		}
		documented[d.name] = true
	}
}

func TestRedisAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"redis://127.0.0.1:6379/2":                          true,
		"rediss://user:p%40ss@redis.example:1":              true,
		"unix:///run/redis.sock?db=1":                       true,
		"redis+sentinel://:pass@a:26379,b:26379/mymaster/1": true,
		"redis://a:7000,b:7001,c:7002":                      true,
		"redis+sentinel://a:26379":                          false,
		"redis+sentinel://:p%zzq@a:26379/m":                 false,
		"redis+sentinel://a:26379/m/many":                   false,
		"http://a:6379":                                     false,
		"redis://:top-secret@a:port/0":                      false,
	} {
		c, err := redisURL(address)
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			c.Close()
		} else if strings.Contains(err.Error(), "top-secret") || strings.Contains(err.Error(), "zzq") {
			t.Errorf("%s: the error tells the password: %v", address, err)
		}
	}
}

func TestClockOnlyGoesAhead(t *testing.T) {
	c := &clock{}
	at := time.Now().Add(29 * time.Hour)
	c.Travel(at)
	if d := c.Now().Sub(at); d < 0 || d > time.Minute {
		t.Errorf("travelled to %s from the goal", d)
	}
	c.Travel(time.Now())
	if c.Now().Before(at) {
		t.Error("the clock went back")
	}
}

// TestSimTellsHowToReachIt starts the simulators as a command and reads their announcements.
func TestSimTellsHowToReachIt(t *testing.T) {
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	weCom, dingTalk := free(), free()
	var o, e bytes.Buffer
	if code := run(ctx, []string{"sim", "--wecom", weCom, "--dingtalk", dingTalk}, streams{strings.NewReader(""), &o, &e}); code != 0 {
		t.Fatalf("exit status %d: %s", code, e.String())
	}
	announced := map[string]map[string]string{}
	for line := range strings.Lines(o.String()) {
		var v struct {
			Platform string
			Env      map[string]string
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		announced[v.Platform] = v.Env
	}
	if announced["wecom"]["WECOM_API_URL"] != "http://"+weCom || announced["dingtalk"]["DINGTALK_API_URL"] != "http://"+dingTalk {
		t.Errorf("announced: %v", announced)
	}
	known := map[string]bool{}
	for _, d := range allSettings {
		known[d.name] = true
	}
	for platform, env := range announced {
		for name := range env {
			if !known[name] {
				t.Errorf("%s announces %s, which is no setting", platform, name)
			}
		}
	}
}
