package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// TestModelTry runs the command on a file as Chinese Excel writes it: GB18030, open rows, a column that gives the outcome away.
func TestModelTry(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("日期,来源,预算,成交金额,结果\n")
	for i := range 1200 {
		source, result, paid := random.IntN(3), "输单", "0"
		switch {
		case random.IntN(10) == 0:
			result, paid = "跟进中", ""
		case random.IntN(10) < 2+3*source:
			result, paid = "赢单", "1000"
		}
		fmt.Fprintf(&b, "2026/%d/%d,%s,%d,%s,%s\n", i/110+1, i%28+1, []string{"官网", "展会", "老客户介绍"}[source], random.IntN(1000), paid, result)
	}
	text, err := simplifiedchinese.GB18030.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "商机.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"model", "try", "--kind", "win", "--data", file, "--target", "结果", "--time", "日期", "--json"}, streams{nil, &out, &errs}); code != 0 {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	for _, key := range []string{"n_train", "n_test", "auc", "brier", "ece", "base_auc", "base_brier", "top"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %s in %s", key, &out)
		}
	}
	if len(got) != 8 {
		t.Errorf("more keys than promised: %s", &out)
	}
	if auc := got["auc"].(float64); auc < 0.65 || auc > 0.85 || got["brier"].(float64) >= got["base_brier"].(float64) {
		t.Errorf("%s", &out)
	}
	if !strings.Contains(errs.String(), "成交金额") {
		t.Errorf("the column that gives the outcome away was not named: %s", &errs)
	}
	for _, wrong := range [][]string{{"model"}, {"model", "try"}, {"model", "try", "--kind", "win", "--data", file}, {"model", "try", "--kind", "win", "--data", file, "--target", "没有"}, {"model", "try", "--kind", "win", "--data", file + "x", "--target", "结果"}} {
		if code := run(t.Context(), wrong, streams{nil, &out, &errs}); code == 0 {
			t.Errorf("%s: exit 0", slices.Clip(wrong))
		}
	}
}
