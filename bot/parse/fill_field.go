package parse

import "strings"

// fillField reads the parameters of what happens after the sale: devices, repairs, appointments, visits and health. It
// reports false for other actions.
func (f *frame) fillField() bool {
	switch f.action {
	case "order.list", "health.view", "device.list":
		if f.action == "order.list" && len(f.find('M')) > 0 { // 1万4,20个,防盗门,鸿雁门业的订单
			f.action = "order.create"
			f.orderCreate()
			return true
		}
		f.markHit()
		f.customer("customer")
	case "device.create":
		f.deviceCreate()
	case "device.view":
		f.serial()
		f.markHit()
	case "repair.update":
		f.repairUpdate()
	case "appointment.create":
		f.appointmentCreate()
	case "appointment.move":
		f.id("appointment")
		f.movedTo()
		f.markHit()
		f.customerUnless("appointment")
	case "appointment.done", "appointment.cancel":
		f.id("appointment")
		f.markHit()
		f.customerUnless("appointment")
	case "appointment.list", "slot.list":
		f.period()
		f.lasting()
		f.ownerOf("owner")
		if p := f.parts[0]; !f.has("owner") {
			if who, e := f.colleagueBeforeContent(f.skip(p.i, p.j), p.j); who != "" && (f.action == "slot.list" || f.used[min(e, len(f.used)-1)]) {
				f.set("owner", who)
				f.mark(p.i, e)
			}
		}
		f.markHit()
		if !f.has("owner") && f.action == "appointment.list" {
			f.customer("customer")
		}
	case "visit.list", "health.list":
		if f.action == "visit.list" {
			f.period()
		}
		f.ownerOf("owner")
		f.markHit()
	default:
		return false
	}
	return true
}

// customerUnless reads the customer where no record is named.
func (f *frame) customerUnless(record string) {
	if !f.has(record) {
		f.customer("customer")
	}
}

// goesTo reads the customer between 去 and 上门, where the name's two ends are plain: 去华星上门换硒鼓.
func (f *frame) goesTo() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "去", "到")
			if n == 0 || f.at[k] != nil || f.used[k] {
				continue
			}
			for e := k + n + 2; e < p.j && e <= k+n+16; e++ {
				if f.hasAt(e, "上门") && f.free(k+n, e) && f.plausible(string(f.norm[k+n:e])) && !strings.ContainsAny(string(f.norm[k+n:e]), " ,，的") {
					f.set("customer", f.said(k+n, e))
					f.mark(k, e+2)
					return
				}
			}
		}
	}
}

// serialWords stand before a serial number.
var serialWords = []string{"序列号", "机身号", "机身码", "设备号", "出厂编号", "设备编号", "sn码", "sn号", "sn:", "sn：", "s/n"}

// serial reads a serial number: what stands behind a word for it, else the first run of letters and digits that holds
// both and is long enough.
func (f *frame) serial() {
	run := func(i, limit int) int {
		for i < limit && (isAlnum(f.norm[i]) || i+1 < limit && strings.ContainsRune("-/._", f.norm[i]) && isAlnum(f.norm[i+1])) {
			i++
		}
		return i
	}
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, serialWords...)
			if n == 0 {
				continue
			}
			i := k + n
			for i < p.j && (isEdge(f.norm[i]) || strings.ContainsRune("是为:：", f.norm[i])) {
				i++
			}
			if j := run(i, p.j); j-i >= 3 {
				f.set("serial", f.said(i, j))
				f.mark(k, j)
				return
			}
		}
	}
	for _, p := range f.parts {
		for i := p.i; i < p.j; i++ {
			j := run(i, p.j)
			word := string(f.norm[i:j])
			if j-i >= 5 && strings.ContainsAny(word, "0123456789") && strings.ContainsAny(word, "abcdefghijklmnopqrstuvwxyz") {
				f.set("serial", f.said(i, j))
				f.mark(i, j)
				return
			}
			i = max(i, j)
		}
	}
}

// deviceCreate reads whose device it is, what it is and since when it is there.
func (f *frame) deviceCreate() {
	f.serial()
	f.warranty()
	for _, sp := range f.find('T') {
		if sp.when.Grain > Day || sp.when.Grain == NoGrain {
			continue
		}
		f.mark(sp.i, sp.j)
		name := "installed"
		if n := f.anyAt(sp.j, "购买", "买的", "买", "采购"); n > 0 {
			name = "bought"
			f.mark(sp.j, sp.j+n)
		} else if n := f.anyAt(sp.j, "安装的", "安装", "装的", "装好", "装机", "上线", "投用"); n > 0 {
			f.mark(sp.j, sp.j+n)
		}
		if f.before("购买日期", "购买时间", "买于") >= 0 {
			name = "bought"
		}
		for _, w := range []string{"购买日期", "购买时间", "买于", "安装日期", "安装时间", "装于"} {
			f.markBefore(sp.i, w)
		}
		if !f.badDate(name, sp) {
			f.set(name, f.date(sp.when, true))
		}
	}
	f.markHit()
	f.customer("customer")
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil || isEdge(f.norm[k]) || f.norm[k] == ':' || f.norm[k] == '：' {
				continue
			}
			if _, e, ok := f.countAt(k, p.j); ok { // 一台
				f.mark(k, e)
				k = e - 1
				continue
			}
			if n := f.anyAt(k, "一台", "一套", "一个"); n > 0 {
				f.mark(k, k+n)
				k += n - 1
				continue
			}
			if j := f.thing(k, p.j); j > k+1 {
				f.set("product", f.said(k, j))
				f.mark(k, j)
				return
			}
		}
	}
}

// warranty reads until when the device is under warranty: its last day, 保修到明年6月.
func (f *frame) warranty() {
	i := f.after("保修期到", "保修期至", "保修截止到", "保修截止", "保修到", "保修至", "质保到", "质保至", "过保日期是", "过保日期", "保修期")
	if i < 0 {
		return
	}
	for _, sp := range f.find('T') {
		if sp.i < i || sp.i > i+1 || sp.when.To.IsZero() && sp.when.From.IsZero() {
			continue
		}
		f.mark(sp.i, sp.j)
		if !f.badDate("warranty", sp) {
			last := sp.when.To
			if last.IsZero() {
				last = sp.when.From
			}
			f.set("warranty", last.Format("2006-01-02"))
		}
		f.markAll("保修期到", "保修期至", "保修截止到", "保修截止", "保修到", "保修至", "质保到", "质保至", "过保日期是", "过保日期", "保修期")
		f.mark(sp.j, sp.j+f.anyAt(sp.j, "底", "为止"))
		return
	}
}

// repairUpdate reads whose thing has come how far, and what there is to say about it.
func (f *frame) repairUpdate() {
	f.id("ticket")
	steps := f.repairSteps()
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] || f.at[k] != nil {
				continue
			}
			if n := f.anyAt(k, steps...); n > 0 {
				f.set("step", f.said(k, k+n))
				f.mark(k, k+n)
				k += n - 1
			}
		}
	}
	f.customerUnless("ticket")
	f.markAll("客户", "维修单", "维修", "工单", "退换单", "修好了", "设备", "状态", "进度", "改成", "改为", "更新为", "更新到", "到了", "的", "已经", "了", "，", ",")
	if text, _, _ := f.remainder(); text != "" {
		f.set("note", text)
	}
}

// repairSteps are the words for the steps of the pack's ways of repairs.
func (f *frame) repairSteps() (words []string) {
	rules, err := f.v.pack.Field()
	if err != nil {
		return nil // the pack's own test says so
	}
	for _, flow := range rules.Repairs {
		for _, step := range flow.Steps {
			words = append(append(words, step.Name), step.Words...)
		}
	}
	return words
}

// appointmentTime reads when: a moment, or a day.
func (f *frame) appointmentTime() {
	for _, sp := range f.find('T') {
		if sp.when.Repeat != "" || sp.when.Grain > Day {
			continue
		}
		f.mark(sp.i, sp.j)
		if !f.badDate("at", sp) {
			f.set("at", f.instant(sp.when, false))
		}
		return
	}
}

// movedTo reads the new time of an appointment: the one behind 改到, where the old one may be said too
// (周三的预约改到周四上午10点).
func (f *frame) movedTo() {
	behind := f.after("改到", "改期到", "改约到", "改约", "挪到", "换到", "推迟到", "提前到", "延到", "改成", "调到", "改为")
	spans := f.find('T')
	if len(spans) < 2 || behind < 0 {
		f.appointmentTime()
		return
	}
	for _, sp := range spans {
		f.mark(sp.i, sp.j)
		if sp.i >= behind && !f.has("at") && sp.when.Repeat == "" && sp.when.Grain <= Day && !f.badDate("at", sp) {
			f.set("at", f.instant(sp.when, false))
		}
	}
}

// lasting reads how long it lasts, in minutes: 2小时, 半小时, 一个半小时, 90分钟.
func (f *frame) lasting() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.used[k] {
				continue
			}
			if n := f.anyAt(k, "半个小时", "半小时", "半个钟头"); n > 0 && (k == p.i || !isHanNumber(f.norm[k-1]) && f.norm[k-1] != '个') {
				f.set("minutes", int64(30))
				f.mark(k, k+n)
				return
			}
			v, e, _ := f.number(k)
			if e == k || v <= 0 {
				continue
			}
			half := 0.0
			i := e
			if n := f.anyAt(i, "个半"); n > 0 {
				half, i = 0.5, i+n
			} else if n := f.anyAt(i, "个"); n > 0 {
				i += n
			}
			minutes := 0.0
			n := 0
			if n = f.anyAt(i, "小时", "钟头"); n > 0 {
				minutes = (v + half) * 60
			} else if n = f.anyAt(i, "分钟"); n > 0 && half == 0 {
				minutes = v
			}
			if minutes >= 1 && minutes <= 24*60 && f.anyAt(i+n, "后", "以后", "之后", "前") == 0 {
				f.set("minutes", int64(minutes))
				f.mark(k, i+n)
				return
			}
		}
	}
}

// appointmentCreate reads who goes where, when and for how long: 约小马明天下午2点去云帆上门检修,2小时.
func (f *frame) appointmentCreate() {
	f.id("ticket")
	f.lasting()
	f.appointmentTime()
	for _, p := range f.parts {
		for k := p.i; k < p.j && !f.has("technician"); k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "预约", "安排", "约", "让", "派", "叫", "请", "由", "技术员", "师傅")
			i := k + n
			for n > 0 && i < p.j && (f.used[i] || isEdge(f.norm[i])) && f.at[i] == nil {
				i++
			}
			if n == 0 && k == f.skip(p.i, p.j) || n == 0 && k == p.i {
				i = k // a name that opens the clause: 小马去
			} else if n == 0 {
				continue
			}
			if f.anyAt(i, "一下", "一个", "个", "上门", "去", "到") > 0 || i < len(f.norm) && f.at[i] != nil {
				continue
			}
			if n > 0 && f.hasAt(i, "我") && !f.hasAt(i, "我们") { // 约我周三下午2点去…
				f.set("technician", "me")
				f.mark(k, i+1)
				continue
			}
			who, e := f.colleagueBeforeContent(i, p.j)
			for _, verb := range []string{"去", "来", "到"} { // 小马去
				if name, ok := strings.CutSuffix(who, verb); ok && utf8Len(name) > 1 {
					who, e = name, e-1
				}
			}
			if who != "" && (n > 0 || f.anyAt(e, "去", "上门", "到", "过去") > 0) {
				f.set("technician", who)
				f.mark(k, e)
			}
		}
	}
	if !f.has("ticket") {
		f.goesTo()
	}
	f.markHit()
	f.markAll("上门", "预约", "去", "到", "一下", "给")
	if !f.has("customer") {
		f.customerUnless("ticket")
	}
	if text, _, _ := f.remainder(); text != "" {
		f.set("content", text)
	}
}
