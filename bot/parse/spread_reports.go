package parse

import (
	"regexp"
	"strings"
)

// severalReports is a row of reports: 这周漏斗、这周业绩、这周流失, 本周业绩、漏斗、流失, 深圳的漏斗和上季度业绩.
var severalReports = regexp.MustCompile(`([^，,；;。、和跟及]*?)(漏斗|业绩|流失分析|流失率|流失|数据质量|预测|roi|排行榜|排行)(?:[、，,]|和|跟|以及|还有|加上)`)

// reportNames end each of them.
var reportNames = []string{"漏斗图", "漏斗", "业绩报表", "业绩", "流失分析", "流失率", "流失", "数据质量", "预测", "roi", "排行榜", "排行"}

// reports reads several reports in a row, each by itself; what the first says of the time, and what stands behind all of them, is
// meant of each: 本周业绩、漏斗、流失都来一份，华南组的.
func (m message) reports(s *scan) []*frame {
	text := string(s.norm)
	if !severalReports.MatchString(text) {
		return nil
	}
	var rows [][2]int
	from := 0
	for from < len(s.norm) {
		k, n := s.nextReport(from)
		if n == 0 {
			break
		}
		rows = append(rows, [2]int{from, k + n})
		from = k + n
		j := s.anyAt(from, "、", "，", ",", "和", "跟", "以及", "还有", "加上")
		if next, w := s.nextReport(from + j); j == 0 || w == 0 || next-from-j > 10 || strings.ContainsAny(string(s.norm[from+j:next]), "，,；;。!？?") {
			break
		}
		from += j
	}
	if len(rows) < 2 || len(rows) > 5 {
		return nil
	}
	tail := s.of([2]int{from, len(s.norm)})
	var first *span
	var all []*frame
	for n, x := range rows {
		line := s.of(x)
		var own *span
		for _, sp := range s.spans {
			if sp.kind == 'T' && x[0] <= sp.i && sp.j <= x[1] {
				own = sp
			}
		}
		switch {
		case n == 0:
			first = own
		case own == nil && first != nil:
			line = s.of([2]int{first.i, first.j}).joinedTo(line)
		}
		_, found := m.read(line.joinedTo(tail), s.before)
		if len(found) != 1 || !strings.HasPrefix(found[0].action, "report.") || len(found[0].bad) > 0 {
			return nil
		}
		all = append(all, found[0])
	}
	return all
}

// nextReport gives where the next name of a report stands, and its length; 0 where there is none.
func (s *scan) nextReport(from int) (i, n int) {
	for i = from; i < len(s.norm); i++ {
		if n = s.anyAt(i, reportNames...); n > 0 {
			return i, n
		}
	}
	return 0, 0
}
