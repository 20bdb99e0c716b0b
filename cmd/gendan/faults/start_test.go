package faults

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStartAndCommands starts a service with private servers twice and runs every command beside it.
func TestStartAndCommands(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(3, bot, app, ding), private: true})
	c := h.serve()
	t.Logf("first start: ready after %s", c.took)
	best := time.Hour
	for range 3 { // the machine may be busy with other tests
		c.stop()
		c = h.serve()
		t.Logf("another start: ready after %s", c.took)
		if best = min(best, c.took); best < 2*time.Second {
			break
		}
	}
	if best > 2*time.Second {
		t.Errorf("a start with everything there takes %s", best)
	}
	h.hire()
	h.connected(c, 20*time.Second)
	h.opening()
	until(t, "all is quiet", 10*time.Second, func() bool { return h.open() == 0 })

	for _, want := range []struct {
		args  string
		code  int
		words []string
	}{
		{"user list", 0, []string{"同事01", "同事03", "wecom:p01", "dingtalk:p03"}},
		{"parse --json 云帆推进到报价", 0, []string{`"deal.update"`, "云帆"}},
		{"migrate --status", 0, []string{"schema version"}},
		{"migrate", 0, []string{"done in"}},
		{"audit verify", 0, []string{"audit chain whole"}},
		{"doctor", 0, []string{"✅ 服务", "✅ 企业微信连接", "✅ 钉钉连接", "✅ 数据库", "✅ 同事 3 位"}},
		{"user disable --name 同事03", 0, []string{"disabled"}},
		{"user enable --name 同事03", 0, []string{"enabled"}},
		{"user disable --name 没这人", 1, []string{"nobody is called"}},
		{"user add --name 同事01 --role rep --wecom p01", 1, []string{"p01"}},
		{"user add --name 新人 --role boss", 1, []string{"no role"}},
		{"user add --name 新人", 1, []string{"--role"}},
		{"serve", 1, []string{"GENDAN_LISTEN"}}, // the port is taken
		{"nonsense", 2, []string{"no command"}},
		{"audit", 2, []string{"Example"}},
		{"", 2, []string{"Example"}},
	} {
		begun := time.Now()
		out, code := command(t, environment(h.set), strings.Fields(want.args)...)
		if code != want.code {
			t.Errorf("gendan %s: exit status %d, want %d: %s", want.args, code, want.code, out)
		}
		for _, w := range want.words {
			if !strings.Contains(out, w) {
				t.Errorf("gendan %s does not say %q: %s", want.args, w, out)
			}
		}
		t.Logf("gendan %-45s exit %d after %s", want.args, code, time.Since(begun).Round(time.Millisecond))
	}

	// A second service on the same data folder is refused, and the first one does not mind.
	out, code := command(t, environment(with(h.set, "GENDAN_LISTEN", freePort(t))), "serve")
	if code != 1 || !strings.Contains(out, "another gendan serve uses this data folder") {
		t.Errorf("second serve on one data folder: exit status %d: %s", code, out)
	}
	p := h.people[0]
	h.say(p, "拜访了"+p.firm+",看了第10009号样品")
	h.shows(p, 10*time.Second, "第10009号样品")

	// With a broken audit trail, the check says so.
	if _, err := h.db().Exec(`ALTER TABLE audit DISABLE TRIGGER USER`); err != nil {
		t.Fatal(err)
	}
	h.sealed(t)
	if _, err := h.db().Exec(`UPDATE audit SET actor = '别人' WHERE id = (SELECT min(id) FROM audit)`); err != nil {
		t.Fatal(err)
	}
	if out, code := command(t, environment(h.set), "audit", "verify"); code != 1 || !strings.Contains(out, "audit") {
		t.Errorf("audit verify after a change: exit status %d: %s", code, out)
	}

	begun := time.Now()
	c.stop()
	t.Logf("SIGTERM to end: %s", time.Since(begun).Round(time.Millisecond))
	if pid := h.postmaster(); pid != 0 {
		t.Errorf("gendan is gone and its Postgres %d is not", pid)
	}
}

// sealed waits until the audit's lines are in the chain.
func (h *house) sealed(t *testing.T) {
	t.Helper()
	until(t, "the audit is sealed", 90*time.Second, func() bool { return h.count(`SELECT coalesce(sum(lines), 0) FROM audit_seals`) > 0 })
}

// TestDoctorFindsFaults gives settings that do not work and expects a status of 1 and a sentence for each.
func TestDoctorFindsFaults(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(3, bot, app, ding)})
	for _, want := range []struct {
		name, value string
		words       []string
	}{
		{"WECOM_BOT_SECRET", "wrong", []string{"❌ 企业微信"}},
		{"DINGTALK_CLIENT_SECRET", "wrong", []string{"❌ 钉钉"}},
		{"DATABASE_URL", "postgres://nobody:secret-password@127.0.0.1:1/none?sslmode=disable", []string{"❌ 数据库"}},
		{"WECOM_AES_KEY", "short", []string{"❌"}},
		{"WECOM_TOKEN", "", []string{"WECOM_TOKEN and WECOM_AES_KEY go together"}},
		{"GENDAN_LISTEN", "nowhere", []string{"GENDAN_LISTEN"}},
		{"REDIS_URL", "unix://" + filepath.Join(t.TempDir(), "none"), []string{"❌ Redis"}},
	} {
		out, code := command(t, environment(with(h.set, want.name, want.value)), "doctor", "--wait", "3s")
		if code != 1 {
			t.Errorf("doctor with %s=%s: exit status %d: %s", want.name, want.value, code, out)
		}
		for _, w := range want.words {
			if !strings.Contains(out, w) {
				t.Errorf("doctor with %s=%s does not say %q: %s", want.name, want.value, w, out)
			}
		}
		for _, secret := range []string{h.set["WECOM_SECRET"], h.set["WECOM_AES_KEY"], h.set["DINGTALK_CLIENT_SECRET"], h.set["WECOM_BOT_SECRET"], "secret-password"} {
			if strings.Contains(out, secret) {
				t.Errorf("doctor with %s=%s tells a secret: %s", want.name, want.value, out)
			}
		}
	}
	if out, code := command(t, environment(h.set), "doctor", "--wait", "10s"); code != 0 {
		t.Errorf("doctor with everything right: exit status %d: %s", code, out)
	}
}

func with(set map[string]string, name, value string) map[string]string {
	changed := map[string]string{name: value}
	for n, v := range set {
		if n != name {
			changed[n] = v
		}
	}
	return changed
}
