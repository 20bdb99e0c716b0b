package crm

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFillOffer(t *testing.T) {
	t.Parallel()
	wang := map[string]string{"称呼": "王女士", "券": "8折券 ABCD", "链接": "https://x.cn/c/1", "负责人": "李雷"}
	for name, c := range map[string]struct {
		text    string
		values  map[string]string
		want    string
		missing []string
	}{
		"all is known":            {"亲爱的{{称呼}}，送您{{券}}，点这里领：{{链接}}", wang, "亲爱的王女士，送您8折券 ABCD，点这里领：https://x.cn/c/1", nil},
		"nobody's name":           {"亲爱的{{称呼}}，好久不见！", nil, "您好，好久不见！", []string{}},
		"nobody's name, alone":    {"{{称呼}}您好，好久不见！", nil, "您好，好久不见！", []string{}},
		"greeted before the name": {"您好，{{称呼}}！好久不见", nil, "您好，好久不见", []string{}},
		"named in the middle":     {"好久不见，亲爱的{{称呼}}！来坐坐", nil, "好久不见，来坐坐", []string{"称呼"}},
		"a word instead":          {"{{称呼|老朋友}}，好久不见！", nil, "老朋友，好久不见！", []string{"称呼"}},
		"a clause goes":           {"好久不见！送您{{券}}，欢迎来坐坐。", nil, "好久不见！欢迎来坐坐。", []string{"券"}},
		"the last clause goes":    {"欢迎来坐坐，领券：{{链接}}", nil, "欢迎来坐坐。", []string{"链接"}},
		"nothing is left":         {"送您{{券}}", nil, "", []string{"券"}},
		"only a greeting is left": {"亲爱的{{称呼}}，送您{{券}}", nil, "", []string{"券"}},
		"another language's":      {"Hello {{.Name}}, welcome", nil, "welcome", []string{".Name"}},
		"a name with braces":      {"{{称呼}}，好久不见", map[string]string{"称呼": "{{券}}阿强", "券": "8折"}, "券阿强，好久不见", nil},
		"broken braces":           {"好久不见{{，{{ 称呼 }}", wang, "好久不见，王女士", nil},
		"blank name":              {"尊敬的{{称呼}}先生：您好", map[string]string{"称呼": "  "}, "", []string{}},
	} {
		got, missing := FillOffer(c.text, c.values)
		if got != c.want || c.missing != nil && !slices.Equal(missing, c.missing) && len(missing)+len(c.missing) > 0 {
			t.Errorf("%s: %q, missing %q; want %q, %q", name, got, missing, c.want, c.missing)
		}
	}
}

// TestFillOfferNeverShowsItsWorks: whatever the template and the values, nobody reads a placeholder or is greeted without a name.
func TestFillOfferNeverShowsItsWorks(t *testing.T) {
	t.Parallel()
	nobody := regexp.MustCompile(`(亲爱的|尊敬的)\s*([，,！!。：:]|$)`)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"亲爱的", "尊敬的", "{{称呼}}", "{{券}}", "{{ 链接 }}", "{{积分|很多}}", "{", "}", "{{", "}}", "，", "！", "。", "您好", "好久不见", " ", "\n", "先生", "|"}))
		word := rapid.SampledFrom([]string{"", " ", "王强", "{{券}}", "{", "}}", "亲爱的"})
		text := strings.Join(parts.Draw(t, "text"), "")
		values := map[string]string{}
		for _, k := range []string{"称呼", "券", "链接"} {
			values[k] = word.Draw(t, k)
		}
		got, _ := FillOffer(text, values)
		if strings.Contains(got, "{{") || strings.Contains(got, "}}") || nobody.MatchString(got) {
			t.Fatalf("%q with %q becomes %q", text, values, got)
		}
	})
}
