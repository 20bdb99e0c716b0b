// Package browsertest gives tests a browser.
package browsertest

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
)

// Start starts headless Chromium, which ends with t, and lets it live for most at the longest, so that a hang is a failure and
// not the end of all tests. A machine without Chromium fails the test.
func Start(t testing.TB, most time.Duration) *rod.Browser {
	t.Helper()
	var bin string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			bin = found
			break
		}
	}
	if bin == "" {
		t.Fatal("no Chromium on this machine; `make test` installs it")
	}
	dir, err := os.MkdirTemp("", "gendan-chromium")
	if err != nil {
		t.Fatal(err)
	}
	l := launcher.New().Bin(bin).Leakless(false).Headless(true).NoSandbox(os.Getuid() == 0).UserDataDir(dir).
		Set("disable-gpu").Set("disable-background-networking").Set("disable-component-update").Set("disable-sync").
		Set("no-first-run").Set("disable-dev-shm-usage").Set("lang", "zh-CN").Env(append(os.Environ(), "LANGUAGE=zh_CN")...)
	control, err := l.Launch()
	if err != nil {
		t.Fatal("Chromium does not start: ", err)
	}
	b := rod.New().ControlURL(control)
	t.Cleanup(func() {
		_ = b.Close()
		l.Kill()
		for range 50 { // its last writes
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	return b.Timeout(most)
}
