package parse

import "strings"

// owned stand behind the person whose records are meant.
var owned = []string{"名下的", "名下", "手头的", "手头", "手上的", "手上", "手里的", "手里", "负责的", "跟的", "在跟的", "跟进的", "管的", "那边的", "那里的", "带的", "的"}

// ownerSaid finds whose records are meant. of asks for a word of owning behind the name.
func (f *frame) ownerSaid(of bool) (who string, i, j int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			if f.norm[k] == '给' { // 给万科物业启动…
				continue
			}
			if n := f.anyAt(k, "我自己", "我本人", "本人", "我"); n > 0 {
				e := f.anyAt(k+n, owned...)
				if m := f.anyAt(k+n, "这儿的", "这边的", "这里的", "这儿", "这边", "这里"); m > 0 && strings.HasSuffix(f.action, ".list") { // 我这儿还没关的工单
					e = m
				}
				if sp := f.at[k+n]; e == 0 && sp != nil && sp.kind == 'T' && f.hasAt(sp.j, "的") && strings.HasSuffix(f.action, ".list") && (k == p.i || !isHan(f.norm[k-1])) { // 我这个月的商机
					return "me", k, k + n
				}
				if e == 0 || f.anyAt(k, "我们", "我司") > 0 || k > 0 && (f.norm[k-1] == '给' || f.norm[k-1] == '帮') {
					continue
				}
				return "me", k, k + n + e
			}
			if k > p.i && isHan(f.norm[k-1]) && !f.used[k-1] && f.at[k-1] == nil && f.v.gaps.endsAt(f.line, p.i, k) == 0 && f.v.fillers.endsAt(f.line, p.i, k) == 0 && f.v.openers.endsAt(f.line, p.i, k) == 0 {
				continue
			}
			if a, b := f.ofTeam(k, p.j); b > a { // 华东大区|李强
				return f.said(a, b), k, b + f.anyAt(b, owned...)
			}
			if e := f.team(k, p.j); e > k && f.regionTeam(k, e) && k+f.v.terms["region"].find.at(f.line, k) == e { // 开发区, of which 发区 is no team either
				k = e - 1
				continue
			}
			if e := f.team(k, p.j); e > k && !f.regionTeam(k, e) && !f.tradeAt(k, e) && f.anyAt(k, "咱们", "我们", "们", "整个", "全公司", "全体", "全", "公司", "团队") == 0 {
				return f.said(k, e), k, e + f.anyAt(e, owned...)
			}
			if e := f.holder(k, p); e > k {
				return f.said(k, e), k, e + f.anyAt(e, owned...)
			}
			e := f.person(k, p.j)
			if e <= k || !f.colleagueName(k, e) || isHan(f.norm[k]) && e-k > 4 {
				continue
			}
			n := f.anyAt(e, owned...)
			sure := f.given(k, e) == e || f.addressed(k, e) || f.v.compound.at(f.line, k) > 0 && e-k > 2 || f.norm[k] == '阿' && e-k == 2 || strings.ContainsRune(commonSurnames, f.norm[k]) || n > 1 && isHan(f.norm[k]) || f.wholeName(k, e, p) // 庞婷手上的
			if !sure || of && n == 0 {
				continue
			}
			if f.v.notNames[string(f.norm[k:e])] || f.v.terms["region"].find.at(f.line, k) > 0 && !(f.v.compound.at(f.line, k) > 0 && e-k > 2) || f.v.terms["stage"].find.at(f.line, k) > 0 || f.v.terms["level"].find.at(f.line, k) > 0 || f.v.terms["rfm"].find.at(f.line, k) > 0 || f.v.suffixes.endsAt(f.line, k, e) > 0 {
				continue
			}
			return f.said(k, e), k, e + n
		}
	}
	return "", 0, 0
}

// wholeName reports whether the three characters [k,e) that open the clause of a list or a report are somebody's full name, whatever the surname:
// 高明远|本季度有哪些商机.
func (f *frame) wholeName(k, e int, p *clause) bool {
	if e-k != 3 || !isHan(f.norm[k]) || !strings.HasSuffix(f.action, ".list") && f.action != "report.quality" && f.action != "report.performance" {
		return false
	}
	for b := k; b > p.i; {
		n := max(f.v.openers.endsAt(f.line, p.i, b), f.v.fillers.endsAt(f.line, p.i, b))
		if f.norm[b-1] == ' ' {
			n = 1
		}
		if n == 0 && f.at[b-1] == nil {
			return false
		}
		b -= max(n, 1)
	}
	if f.at[e-1] != nil || !(f.at[e] != nil && f.at[e].kind == 'T' || f.anyAt(e, "的", "有", "还有", "超时", "逾期", "那边", "这边", " ") > 0) {
		return false
	}
	whole := f.norm[k:e]
	return f.v.companies.at(f.line, k) == 0 && f.v.brands.at(f.line, k) == 0 && f.v.known.at(f.line, k) == 0 && f.v.suffixes.endsAt(f.line, k, e) == 0 && f.v.places.endsAt(f.line, k, e) == 0 &&
		!strings.ContainsAny(string(whole), "我们咱你他她这那哪谁的了全各客户公司") && f.v.terms["industry"].find.at(f.line, k) == 0
}

// holder gives the end of the name that opens the clause at k, of whatever surname, where 名下 or 手上 follows (植家宝名下两周没联系的), else k.
func (f *frame) holder(k int, p *clause) int {
	if k != p.i {
		return k
	}
	for e := k + 1; e <= k+4 && e < p.j; e++ {
		if f.at[e-1] != nil || !isHan(f.norm[e-1]) || strings.ContainsRune("我你他她它把将是在给看查找被谁哪这那的", f.norm[e-1]) || f.v.fillers.at(f.line, e-1) > 1 || f.v.openers.at(f.line, e-1) > 1 {
			return k
		}
		if e >= k+2 && f.anyAt(e, "名下", "手上的", "手里的") > 0 && !f.v.notNames[string(f.norm[k:e])] && f.v.terms["region"].find.at(f.line, k) == 0 && !commonWords().has(wordKey(f.norm[k:e])) && f.v.suffixes.endsAt(f.line, k, e) == 0 && f.v.places.endsAt(f.line, k, e) == 0 {
			return e
		}
	}
	return k
}

// belongsTo reads whose customers are meant behind a word of belonging: 归赫连勃管, 负责人是韩雪, 挂在销售二部名下.
func (f *frame) belongsTo() (who string, i, j int) {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "都归", "归属", "归", "负责人是", "负责人为", "负责人：", "负责人:", "负责人", "跟进人是", "跟进人", "属于", "挂在", "算在", "分给", "由")
			if n == 0 || f.anyAt(k, "归档", "归类", "归还", "由于") > 0 {
				continue
			}
			b := f.skipSpace(k+n, p.j)
			e := max(f.person(b, p.j), f.team(b, p.j))
			who = f.said(b, min(max(e, b), p.j))
			if m := f.anyAt(b, "我"); m > 0 && f.anyAt(b, "我们") == 0 {
				who, e = "me", b+m
			}
			tail := f.anyAt(e, "名下的", "名下", "手里的", "手里", "手上的", "手上", "负责的", "负责", "在跟的", "在跟", "跟进的", "跟进", "跟的", "跟", "管的", "管", "带的", "带", "那边的", "那边")
			if e <= b || tail == 0 && (n == 1 || f.anyAt(k, "属于", "挂在", "算在", "分给", "由") > 0 && e < p.j && !isEdge(f.norm[e]) && f.norm[e] != '的') || f.v.terms["region"].find.at(f.line, b) == e-b || f.v.terms["level"].find.at(f.line, b) > 0 {
				continue
			}
			return who, k, e + tail
		}
	}
	return "", 0, 0
}

// tradeAt reports whether the team [i,j) is rather the trade of customers: 做物流的.
func (f *frame) tradeAt(i, j int) bool {
	return f.v.terms["industry"].find.at(f.line, i) >= j-i && (i > 0 && strings.ContainsRune("做搞干", f.norm[i-1]) || i > 1 && f.hasAt(i-2, "从事") || f.anyAt(j, "行业", "业", "类", "企业", "公司", "客户", "的客户", "会员") > 0)
}

// regionTeam reports whether what reads as a team is only a region (华东区).
func (f *frame) regionTeam(i, j int) bool {
	n := f.v.terms["region"].find.at(f.line, i)
	return n > 0 && (i+n == j || i+n+1 == j && f.hasAt(i+n, "区") || i+n+2 == j && f.hasAt(i+n, "地区"))
}

// ownerOf sets whose records are meant: 我的, 我名下, 吴迪的, 销售二部.
func (f *frame) ownerOf(param string) {
	if who, i, j := f.ownerSaid(false); who != "" {
		f.set(param, who)
		f.mark(i, j)
	}
}
