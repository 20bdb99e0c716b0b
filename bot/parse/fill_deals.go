package parse

// dealList reads which deals are meant: whose, at which stage, closing when, how large, and how long they have stood.
func (f *frame) dealList() {
	f.standing()
	f.amounts()
	f.period()
	if !f.stage(true) { // 上季度赢单的, 最近30天丢了哪些单
		switch {
		case f.before("赢单", "赢了", "签了") >= 0:
			f.set("stage", "赢单")
		case f.before("输单", "丢单", "丢了", "输了") >= 0:
			f.set("stage", "输单")
		}
	}
	f.ownerOf("owner")
	if p := f.parts[0]; !f.has("owner") { // 阿杰三季度的商机
		i := f.skip(p.i, p.j)
		if e := f.person(i, p.j); e > i && e < p.j && f.at[e] != nil && f.at[e].kind == 'T' && f.hasAt(f.at[e].j, "的") && f.colleagueName(i, e) && (f.addressed(i, e) || f.petName(i, p.j) > 0 || f.likelyPerson(i, e) && e-i == 3 || f.v.compound.at(f.line, i) > 0 && e-i > 2) {
			f.set("owner", f.said(i, e))
			f.mark(i, e)
		}
	}
	if !f.has("owner") {
		f.markHit()
		p := f.parts[0]
		if f.customerAt("customer", p.i, p.j) && f.v.terms["region"].find.at(f.line, p.i) > 0 {
			delete(f.params, "customer")
		}
	}
}

// amounts reads the bounds of the amount: 超过50万的, 20万以下的, 10万到50万的.
func (f *frame) amounts() {
	spans := f.find('M')
	for n, sp := range spans {
		if sp.money.Vague != "" || !f.free(sp.i, sp.j) {
			continue
		}
		if k := f.anyAt(sp.j, "到", "至", "-", "~", "—"); k > 0 && n+1 < len(spans) && spans[n+1].i == sp.j+k {
			next := spans[n+1]
			f.set("min_amount", yuan(sp.money.Yuan))
			f.set("max_amount", yuan(next.money.Yuan))
			f.mark(sp.i, next.j)
			f.mark(next.j, next.j+f.anyAt(next.j, "之间", "左右"))
			return
		}
		side, i, j := f.bound(sp.i, sp.j)
		switch {
		case side > 0:
			f.set("min_amount", yuan(sp.money.Yuan))
		case side < 0:
			f.set("max_amount", yuan(sp.money.Yuan))
		default:
			continue
		}
		f.mark(i, j)
		f.markBefore(i, "金额")
	}
}

// stood are the words for a deal about which nothing happens.
var stood = []string{"停了", "停滞", "停", "卡了", "卡住", "卡", "没动静", "没动过", "没动", "没有动静", "没进展", "没有进展", "没推进", "没跟进", "没更新", "不动", "未推进", "未更新", "搁了", "放了", "拖了"}

// standing reads for how many days nothing has happened to the deals: 停了20天以上的商机, 一个月没动的单子.
func (f *frame) standing() {
	at := f.before(stood...)
	if at < 0 {
		return
	}
	for _, sp := range f.find('U') {
		if sp.days <= 0 || !f.free(sp.i, sp.j) {
			continue
		}
		f.set("stale_days", int64(sp.days))
		_, i, j := f.bound(sp.i, sp.j)
		f.mark(i, j)
		f.mark(at, at+f.anyAt(at, stood...))
		return
	}
}
