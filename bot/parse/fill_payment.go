package parse

// promised are words for money that is still to come, settled for money that came.
var (
	promised = []string{"计划", "约定", "约好", "答应", "承诺", "说好", "说定", "定好", "预计", "应收", "该付", "要付", "会付", "要回", "会回", "将", "排期", "排上", "分期", "待收", "到期付"}
	settled  = []string{"到账", "到帐", "收到", "已付", "已到", "已回", "打来", "打过来", "转来", "转过来", "汇来", "进账", "入账", "到了", "付了", "打了", "回了", "结了", "到手", "进来了", "收了", "付清", "结清"}
)

// payment reads money that is to come (payment.plan) or came (payment.record): which of both it is, its day and the
// words say together, whatever phrase was found.
func (f *frame) payment() bool {
	pairs := f.instalments()
	if len(pairs) == 0 {
		f.paymentAmount()
		if sp := f.paymentDay(); sp != nil {
			f.mark(sp.i, sp.j)
			f.markBefore(sp.i, "定在")
			f.markBefore(sp.i, "约在")
			f.settlePayment(sp)
		}
	}
	f.markHit()
	f.markAll("财务说", "财务那边说", "财务通知", "财务确认", "财务反馈", "会计说", "出纳说", "银行说", "银行提示", "银行短信说", "收到银行短信", "收到了", "收到", "到账的", "到账", "回款计划", "回款", "那笔", "尾款", "首款", "首付款", "预付款", "余款", "剩下的", "剩下", "两笔", "记账", "入账", "打过来", "打来", "过来", "列进", "列入", "列个", "登记个", "登记", "也", "都排上", "排上", "来自", "记到", "记进", "定在")
	if !f.paidBy() {
		f.customer("customer")
	}
	for _, p := range pairs {
		if f.has("amount") {
			f.again = append(f.again, p)
			continue
		}
		for k, v := range p {
			f.set(k, v)
		}
	}
	return true
}

// paidBy takes who paid behind 由 or 被 (5万8已由星河汇入), unless it is a department of one's own.
func (f *frame) paidBy() bool {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] || f.anyAt(k, "由", "经由") == 0 || f.hasAt(k, "由于") || f.team(k+1, p.j) > k+1 {
				continue
			}
			if f.customerAt("customer", k+f.anyAt(k, "由", "经由"), p.j) {
				f.mark(k, k+1)
				return true
			}
		}
	}
	return false
}

// paymentAmount reads how much.
func (f *frame) paymentAmount() {
	f.labelled("amount", "金额", "付", "回", "打", "打款", "回款", "收", "收款", "收到", "到账", "尾款", "余款", "首款", "首付款", "首付", "预付款", "定金", "货款", "打了", "付了", "到了", "收了", "转了", "汇了", "转来", "汇来", "进账", "应收")
	if !f.has("amount") {
		f.money("amount")
	}
	if !f.has("amount") {
		f.plainAmount("amount")
	}
	if !f.has("amount") {
		f.amountOf("amount", "回款", "尾款", "首款", "首付", "定金", "预付款", "货款", "款")
	}
}

// paymentDay finds the day of the money.
func (f *frame) paymentDay() *span {
	for _, sp := range f.find('T') {
		w := sp.when
		if w.Repeat != "" || w.Grain == NoGrain && w.Hour < 0 || f.action == "payment.record" && w.Grain > Day && !w.From.After(f.now) {
			continue
		}
		return sp
	}
	return nil
}

// settlePayment decides between plan and record by the day, and sets it.
func (f *frame) settlePayment(sp *span) {
	w := *sp.when
	ahead := w.Date(f.now).After(midnight(f.now))
	came := f.before(settled...) >= 0 && f.before(promised...) < 0
	switch {
	case f.action == "payment.record" && ahead && !w.Weekday && !w.Bare:
		f.action = "payment.plan"
	case f.action == "payment.plan" && !ahead && came:
		f.action = "payment.record"
	}
	name := "due"
	if f.action == "payment.record" {
		name = "at"
	}
	if f.badDate(name, sp) {
		return
	}
	if name == "at" {
		f.set("at", f.instant(sp.when, true))
		return
	}
	f.set("due", f.date(sp.when, false))
}

// liesAhead reports whether the day, of the next year if it is gone by, lies ahead.
func (f *frame) liesAhead(w *Time) bool {
	when := *w
	when.settle(f.now, false)
	return when.Date(f.now).After(midnight(f.now))
}

// instalments pairs each day ahead with the amount beside it when two or more are said: 12月付20万,明年6月付18.8万.
func (f *frame) instalments() []map[string]any {
	var seen []*span
	for _, sp := range f.spans {
		if !f.in(sp.i, sp.j) || !f.free(sp.i, sp.j) {
			continue
		}
		if sp.kind == 'M' && sp.money.Vague == "" || sp.kind == 'T' && sp.when.Grain != NoGrain && sp.when.Bad == "" && f.liesAhead(sp.when) {
			seen = append(seen, sp)
		}
	}
	var pairs []map[string]any
	var used []*span
	for n := 0; n+1 < len(seen); n++ {
		a, b := seen[n], seen[n+1]
		if a.kind == b.kind {
			continue
		}
		if a.kind == 'M' {
			a, b = b, a
		}
		when := *a.when // what is no instalment keeps its day
		pairs = append(pairs, map[string]any{"due": f.date(&when, false), "amount": yuan(b.money.Yuan)})
		used = append(used, a, b)
		n++
	}
	if len(pairs) < 2 || f.action != "payment.plan" {
		return nil
	}
	for _, sp := range used {
		f.mark(sp.i, sp.j)
	}
	return pairs
}

// amountOf reads a plain amount right before 的 and one of the nouns (这七千的回款也到了).
func (f *frame) amountOf(name string, nouns ...string) {
	for _, p := range f.parts {
		for i := p.i; i < p.j; i++ {
			if f.at[i] != nil || f.used[i] || !isHanNumber(f.norm[i]) && !isDigit(f.norm[i]) || i > p.i && (isHanNumber(f.norm[i-1]) || isDigit(f.norm[i-1])) {
				continue
			}
			m, ok := f.line.money(i)
			if !ok || m.Vague != "" || m.Yuan < 100 || !f.hasAt(m.end, "的") || f.anyAt(m.end+1, nouns...) == 0 {
				continue
			}
			f.set(name, yuan(m.Yuan))
			f.mark(i, m.end+1)
			return
		}
	}
}
