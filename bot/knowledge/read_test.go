package knowledge

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestReadCSV(t *testing.T) {
	want := []Entry{
		{ID: "1", Question: "怎么开发票", Answer: "在订单里点“开票”，\n电子发票当天发。", Similar: []string{"开票", "要发票", "能开票吗"}},
		{ID: "b", Question: "包邮吗", Answer: "满 99 元包邮"},
	}
	plain := "id,question,answer,similar\n1,怎么开发票,\"在订单里点“开票”，\n电子发票当天发。\",开票|要发票；能开票吗\n\nb,包邮吗,满 99 元包邮\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as it is": plain, "marked": "\xef\xbb\xbf" + plain, "GB18030": gb, "Windows": strings.ReplaceAll(plain, "\n", "\r\n"),
		"other order": "Answer,相似问法,ID,问题\n\"在订单里点“开票”，\n电子发票当天发。\",开票|要发票；能开票吗,1,怎么开发票\n满 99 元包邮,,b,包邮吗\n",
	} {
		got, err := ReadCSV([]byte(text))
		if name == "Windows" && err == nil {
			got[0].Answer = strings.ReplaceAll(got[0].Answer, "\r\n", "\n")
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReadCSVRefusesByLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "empty",
		"question,answer\na,b\n":           "no column id",
		"id,question,answer\n1,a,\n":       "line 2 (1) has no answer",
		"id,question,answer\n,a,b\n":       "line 2 has no id",
		"id,question,answer\n1,a,b\n1,c,d": "line 3 has the id of line 2",
		"id,question\n1,\xff\xfe\xff":      "neither",
	} {
		if _, err := ReadCSV([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestReadDocument(t *testing.T) {
	long := strings.Repeat("每次使用后请清洁喷头并关闭水阀。", 40)
	got, err := ReadDocument([]byte("# 说明书\n\n## 清洁\n拔下插头。\n用湿布擦拭。\n\n再装回去。\n## 保养\n" + long + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 4 || got[0].Similar[0] != "清洁" || got[0].Answer != "拔下插头。\n用湿布擦拭。" || got[1].Answer != "再装回去。" {
		t.Errorf("%+v", got)
	}
	whole := ""
	for _, e := range got[2:] {
		if e.Similar[0] != "保养" || len([]rune(e.Answer)) > maxPassage {
			t.Errorf("%q, %d characters", e.Question, len([]rune(e.Answer)))
		}
		whole += e.Answer
	}
	if whole != long {
		t.Error("a long paragraph has lost something")
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("id,question,answer,similar\n1,怎么开发票,\"在订单里\n开\",开票|要发票\n"))
	f.Add([]byte("\xef\xbb\xbf编号;问题;答案\n1;\"a\"\"b;c\n"))
	f.Add([]byte("id\tquestion\tanswer\n1\ta\tb"))
	w := NewWords(nil, nil, nil, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := ReadCSV(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, e := range entries {
			if e.ID == "" || e.Answer == "" || seen[e.ID] {
				t.Errorf("%+v", e)
			}
			seen[e.ID] = true
		}
		if len(entries) > 20 {
			entries = entries[:20]
		}
		x := New(entries, w)
		for _, e := range entries {
			x.Answer(e.Question)
		}
	})
}

func FuzzReadDocument(f *testing.F) {
	f.Add([]byte("# 说明书\n\n## 清洁\n拔下插头。\n```\n# no heading\n```\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := ReadDocument(data)
		if err != nil {
			return
		}
		for _, e := range entries {
			if e.Answer == "" || len([]rune(e.Answer)) > maxPassage {
				t.Errorf("%+v", e)
			}
		}
	})
}
