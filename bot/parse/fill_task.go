package parse

// taskCreate reads who is to do what until when.
func (f *frame) taskCreate() bool {
	f.taskAssignee()
	if i := f.before("让他", "让她", "请他", "请她", "叫他", "叫她"); !f.has("assignee") && f.whom != "" && i >= 0 { // 转给程野，让他…
		f.set("assignee", f.whom)
		f.mark(i, i+2)
	}
	for _, p := range f.parts {
		for _, h := range p.hits {
			for k := h.i; k < h.j && h.weight >= 5 && h.action == f.action; k++ {
				if f.at[k] == nil && !h.open(k) {
					f.used[k] = true
				}
			}
		}
	}
	f.taskDue()
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] == nil && !f.used[k] {
				if n := f.anyAt(k, "建成一个任务", "建成任务", "建个任务", "建一个任务", "建任务", "派个任务", "派任务", "加个任务", "下个任务", "新建任务", "新任务", "创建任务", "布置任务", "布置个任务", "记成任务", "做成任务", "安排个任务", "安排任务", "分配任务", "一个任务", "个任务", "任务:", "任务：", "任务是", "任务", "建个待办", "待办:", "待办：", "加个待办", "新建待办", "待办", "todo"); n > 0 {
					f.mark(k, k+n)
					k += n - 1
				}
			}
		}
	}
	f.markLone("发给他", "发给她", "派给他", "派给她", "给他", "给她", "派下去", "发下去", "派一下", "建一下")
	for _, p := range f.parts { // 再|建个任务让…
		k := f.skipSpace(p.i, p.j)
		if n := f.anyAt(k, "再", "另外", "然后", "顺便", "接着", "完了", "同时"); n > 0 && k+n < p.j && f.used[k+n] && f.at[k] == nil {
			f.mark(k, k+n)
		}
	}
	for _, p := range f.parts { // 再|建个任务让…
		k := f.skipSpace(p.i, p.j)
		if n := f.anyAt(k, "再", "另外", "然后", "顺便", "接着", "完了", "同时"); n > 0 && k+n < p.j && f.used[k+n] && f.at[k] == nil {
			f.mark(k, k+n)
		}
	}
	text, i, j := f.remainder()
	for i < j {
		m := f.anyAt(i, "一下", "必须", "布置一下", "布置", "一个活", "给", "去", "来", "负责", "要", "需要", "把", "：", ":", "，", " ", "帮忙", "请", "麻烦", "帮我", "内容是", "的")
		if m == 0 || f.hasAt(i, "把") && !f.hasAt(i, "把把") || f.anyAt(i, "去", "给") > 0 && i+1 < j && f.used[i] == false && !isEdge(f.norm[i+1]) || i+m >= j || f.anyAt(i, "要求", "来访", "来电") > 0 {
			break
		}
		i += m
	}
	if i < j && f.anyAt(i, "得把", "得去", "得给", "要把") > 0 {
		i++
	}
	if i < j {
		text = f.text(i, j)
	}
	if text != "" {
		f.set("content", text)
		f.subject(i, j)
		delete(f.params, "contact")
	}
	return f.has("content") || f.has("assignee") || f.hit.weight >= 5
}

// taskDue reads until when: the first day, or a span that is a limit.
func (f *frame) taskDue() {
	var due *span
	for _, sp := range f.find('T') {
		if sp.when.Repeat != "" || sp.when.Grain == NoGrain && sp.when.Hour < 0 {
			continue
		}
		if sp.when.Grain > Day && !sp.when.Before {
			continue
		}
		due = sp
		break
	}
	if due != nil {
		f.mark(due.i, due.j)
		if !f.badDate("due", due) {
			f.set("due", f.date(due.when, false))
		}
		f.markBefore(due.i, "截止到")
		f.markBefore(due.i, "截止时间")
		f.markBefore(due.i, "截止")
		f.markBefore(due.i, "最晚")
		f.markBefore(due.i, "务必")
		f.markBefore(due.i, "在")
		f.markBefore(due.i, "限")
		f.markBefore(due.i, "deadline")
		if n := f.anyAt(due.j, "截止", "完成", "搞定", "交", "内", "要", "给我"); n > 0 && due.j+n >= f.limit(due.i) {
			f.mark(due.j, due.j+n)
		}
	}
}

// taskAssignee reads the colleague: 让小马…, 安排李娜…, 小马 …, 任务给老黄: ….
func (f *frame) taskAssignee() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "安排给", "布置给", "需要", "交给", "派给", "分配给", "指派给", "安排", "让", "叫", "派", "请", "给", "通知", "交代", "麻烦", "负责人", "@")
			if n == 0 {
				continue
			}
			i := k + n
			for i < p.j && (isEdge(f.norm[i]) || f.norm[i] == '@' || f.norm[i] == '是') {
				i++
			}
			if m := f.anyAt(i, "我自己", "我"); m > 0 && f.hasAt(k, "给") && f.anyAt(i, "我们") == 0 {
				f.set("assignee", "me")
				f.mark(k, i+m)
				return
			}
			if who, e := f.colleagueBeforeContent(i, p.j); who != "" {
				f.set("assignee", who)
				f.mark(k, e)
				return
			}
		}
	}
	// the name opens the message: 小马 这周日之前 把…
	p := f.parts[0]
	i := p.i
	for i < p.j && (isEdge(f.norm[i]) || f.norm[i] == '@') {
		i++
	}
	if n := f.anyAt(i, "任务", "待办", "新任务", "新建任务", "建个任务", "todo"); n > 0 {
		i += n
		for i < p.j && (isEdge(f.norm[i]) || f.norm[i] == '@') {
			i++
		}
	}
	if who, e := f.colleagueBeforeContent(i, p.j); who != "" {
		f.set("assignee", who)
		f.mark(i, e)
		return
	}
	for _, q := range f.parts[1:] { // 建个任务，赫连勃下周二前提交…
		x := f.skipSpace(q.i, q.j)
		e := f.person(x, q.j)
		if e <= x || !f.colleagueName(x, e) || f.used[x] || e >= q.j || f.titled(x, q.j) == e || f.at[e] == nil && !(f.verbAt(e) && (e-x == 3 || f.addressed(x, e) || f.v.compound.at(f.line, x) > 0)) {
			continue
		}
		f.set("assignee", f.said(x, e))
		f.mark(x, e)
		return
	}
	if who, a, b := f.taker(); who != "" {
		f.set("assignee", who)
		f.mark(a, b)
		f.mark(b, b+f.anyAt(b, "负责", "来做", "来办", "来"))
		return
	}
	if n := f.anyAt(i, "我来", "我自己", "我"); n > 0 && f.anyAt(i, "我们", "我要") == 0 {
		f.set("assignee", "me")
		f.mark(i, i+n)
	}
}
