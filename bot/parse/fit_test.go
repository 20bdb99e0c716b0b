package parse

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// strangers are names of companies that no list of the pack holds; many contain words that end names.
var strangers = strings.Fields("鑫源达 和润 天下为公 小满茶铺 优乐加 宏图 万里红 新日恒力 海之韵 美加净 好又多 百年灵 在水一方 来福士 向上金服 开心麻花 得意家居 金到位 同道大叔 拾光里 有家小院 多点 三人行 老凤祥 小罐茶 大自然 中粮 北大荒 沃尔玛 A8音乐 e袋洗 GE医疗 明德 瑞幸 西贝 喜茶 蔚来汽车 泰康人寿 正大饲料 福建建工 开元酒店 国药控股 中建三局 东方园林 海底捞 盒马鲜生 良品铺子 周大福 康师傅 王老吉 李宁 安踏 方太 林清轩 马应龙 张小泉 胡庆余堂 江小白 郎酒 成都银行 上海医药 广汽 比亚迪 华为 小米 字节 京东 顺丰 德邦 圆通 安能 三棵树 立邦 金螳螂 徐工 柳工 中联 潍柴 福田 宇通 金龙")

// exchanged gives the row with its only customer called by a stranger's name; false when that is not possible.
func exchanged(t testing.TB, row labelled) (labelled, bool) {
	name := ""
	for _, a := range row.Actions {
		for _, p := range []string{"customer", "company"} {
			v, ok := a.Params[p].(string)
			if !ok || v == name {
				continue
			}
			if name != "" {
				return row, false
			}
			name = v
		}
		if a.Params["into"] != nil {
			return row, false
		}
	}
	if name == "" || strings.Count(row.Text, name) != 1 {
		return row, false
	}
	b, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	other := strangers[int(crc32.ChecksumIEEE([]byte(row.ID)))%len(strangers)]
	var next labelled
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(b), name, other)), &next); err != nil {
		t.Fatal(err)
	}
	return next, true
}

// freeTexts need to agree only by and large.
var freeTexts = []string{"content", "need", "reason", "title", "query", "resolution", "next"}

// dice is how much of their pairs of letters and digits two texts share.
func dice(a, b string) float64 {
	pairs := func(s string) (map[string]int, int) {
		var runes []rune
		for _, r := range newLine(s).norm {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				runes = append(runes, r)
			}
		}
		m := map[string]int{}
		for i := 0; i+1 < len(runes); i++ {
			m[string(runes[i:i+2])]++
		}
		return m, max(0, len(runes)-1)
	}
	x, n := pairs(a)
	y, m := pairs(b)
	if n+m == 0 {
		return 0
	}
	both := 0
	for k, v := range x {
		both += min(v, y[k])
	}
	return 2 * float64(both) / float64(n+m)
}

// right reports whether an answer agrees with its label in every slot.
func right(t testing.TB, row labelled, got Result) bool {
	if len(row.Actions) != len(got.Actions) || row.Ask != (got.Ask != "") {
		return false
	}
	for n, a := range got.Actions {
		w, g := map[string]int{}, map[string]int{}
		want, have := map[string]any(row.Actions[n].Params), plain(t, a)
		for _, p := range freeTexts {
			if x, ok := want[p].(string); ok {
				if y, ok := have[p].(string); ok && dice(x, y) >= 0.8 {
					have[p] = x
				}
			}
		}
		flat(want, "", w)
		flat(have, "", g)
		if a.Name != row.Actions[n].Name || !reflect.DeepEqual(w, g) {
			return false
		}
	}
	return true
}

// plainBase bounds the base from below: what is said plainly every day must run without a tap.
const plainBase = 3

// unsureSaid is the place of that sign among [signs].
const unsureSaid = 27

// TestFitConfidence fits the weights of the signs on corpora that no rule was made for and nobody has read (calibrate.jsonl looks for rare and
// odd wording; everyday.jsonl, alike.jsonl and nearby.jsonl speak as the sample of the contract does and count twice), and on themselves with the names exchanged, and
// prints the table for signs.go. Run it with GENDAN_FIT=1 after the parser has changed.
func TestFitConfidence(t *testing.T) {
	if os.Getenv("GENDAN_FIT") == "" {
		t.Skip("GENDAN_FIT is not set")
	}
	type point struct {
		x []float64
		y float64
	}
	var points []point
	add := func(row labelled) {
		got, frames := understand(row.Text, wednesday, nil)
		if len(got.Actions) == 0 {
			return
		}
		y := 0.0
		if right(t, row, got) {
			y = 1
		}
		points = append(points, point{doubts(frames, got), y})
	}
	everyday := slices.Concat(corpus(t, "everyday.jsonl"), corpus(t, "alike.jsonl"), corpus(t, "nearby.jsonl"))
	for _, row := range slices.Concat(corpus(t, "calibrate.jsonl"), everyday, everyday) {
		add(row)
		if other, ok := exchanged(t, row); ok {
			add(other)
		}
	}
	w := make([]float64, len(signs)+1)
	w[0] = 2
	const pull = 0.0005
	for range 6000 {
		d := make([]float64, len(w))
		for _, p := range points {
			z := w[0]
			for n, x := range p.x {
				z += w[n+1] * x
			}
			e := 1/(1+math.Exp(-z)) - p.y
			d[0] += e
			for n, x := range p.x {
				d[n+1] += e * x
			}
		}
		for n := range w {
			if n == 0 {
				w[0] = max(plainBase, w[0]-0.5*d[0]/float64(len(points)))
				continue
			}
			w[n] -= 0.5 * (d[n]/float64(len(points)) + pull*w[n])
			w[n] = min(w[n], 0)    // a doubt never adds to the confidence
			if n == unsureSaid+1 { // what was said of a customer is written as it was said: where it begins is worth no tap
				w[n] = max(w[n], -1)
			}
		}
	}
	fmt.Printf("const base = %.2f\n", w[0])
	for n, s := range signs {
		fmt.Printf("\t{%q, %.2f},\n", s.name, w[n+1])
	}
}
