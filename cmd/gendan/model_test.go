package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gendan/adapters/llm"
	"gendan/adapters/llm/llmtest"
	"gendan/bot/chat"
)

func TestModelSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("sk-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(pairs ...string) (settings, error) {
		return readSettings(func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		})
	}
	s, err := read("LLM_URL", "https://api.example.com/v1", "LLM_MODEL", "m", "LLM_KEY_FILE", file, "LLM_BUDGET", "5, 100")
	if err != nil || s.LLMKey != "sk-file" || s.LLMPerHour != 5 || s.LLMPerDay != 100 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err = read(); err != nil || s.LLMURL != "" || s.LLMPerHour != 30 || s.LLMPerDay != 2000 {
		t.Errorf("without: %+v, %v", s, err)
	}
	for _, bad := range [][]string{
		{"LLM_URL", "https://api.example.com/v1"}, {"LLM_MODEL", "m"}, {"LLM_URL", "api.example.com", "LLM_MODEL", "m"}, {"LLM_BUDGET", "5"}, {"LLM_BUDGET", "0,1"}, {"LLM_BUDGET", "a,b"},
	} {
		if _, err := read(bad...); err == nil || !strings.Contains(err.Error(), "LLM_") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if help := describeSettings(); !strings.Contains(help, "LLM_KEY_FILE") || !strings.Contains(help, "LLM_BUDGET") {
		t.Error("help does not name the model's settings")
	}
}

// TestDoctorAndMetricsTellOfTheModel: a model that does not answer is told to the operator and is no fault.
func TestDoctorAndMetricsTellOfTheModel(t *testing.T) {
	t.Parallel()
	endpoint := llmtest.New(t)
	endpoint.Answer(llmtest.Raw(http.StatusUnauthorized, `{}`))
	set := settings{LLMURL: endpoint.URL, LLMModel: "m", LLMKey: "sk-secret"}
	diagnose := func(set settings) string {
		var out bytes.Buffer
		d := &doctor{s: streams{out: &out, err: &out}}
		d.model(context.Background(), set)
		if d.bad > 0 {
			t.Errorf("the doctor calls it a fault: %s", out.String())
		}
		return out.String()
	}
	if got := diagnose(set); !strings.Contains(got, "401") || strings.Contains(got, "sk-secret") {
		t.Errorf("no key: %s", got)
	}
	endpoint.Answer(llmtest.Says("好"))
	if got := diagnose(set); !strings.Contains(got, "✅ 语言模型") {
		t.Errorf("well: %s", got)
	}
	if got := diagnose(settings{}); !strings.Contains(got, "没有设置") {
		t.Errorf("none: %s", got)
	}
	model, err := llm.New(llm.Config{URL: endpoint.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.Ask(context.Background(), chat.ModelRequest{Text: "好"}); err != nil {
		t.Fatal(err)
	}
	seen := make(chan prometheus.Metric, 10)
	countModel(model, seen)
	if len(seen) != 5 {
		t.Errorf("%d outcomes are counted", len(seen))
	}
	w := httptest.NewRecorder()
	if err := json.NewEncoder(w).Encode(readiness{Model: model.State()}); err != nil || !strings.Contains(w.Body.String(), `"model":"ok"`) {
		t.Errorf("readiness %s, %v", w.Body.String(), err)
	}
}
