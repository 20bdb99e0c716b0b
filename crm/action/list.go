package action

import (
	"sync"

	"gendan/crm"
)

// actions is everything that can be done, in the order in which help shows it.
var actions = sync.OnceValue(func() []Action {
	const read, write = false, true
	return []Action{
		define("customer.create", "新建客户，可带联系人和电话", "新客户 上海云帆科技,王强 13812345678,展会来的", crm.WriteCustomer, write, customerCreate),
		define("customer.view", "看一个客户的全貌", "看看云帆", crm.ReadRecords, read, customerView),
		define("customer.search", "按条件找客户", "一周没联系的重点客户", crm.ReadRecords, read, customerSearch),
		define("customer.update", "改客户的一个字段", "云帆的行业改成制造业", crm.WriteCustomer, write, customerUpdate),
		define("customer.tag", "给客户打标签、去标签", "云帆打标签 VIP", crm.TagCustomer, write, customerTag),
		define("customer.transfer", "把客户转给同事", "云帆转给韩梅梅", crm.HandOver, write, customerTransfer),
		define("customer.share", "加同事为客户的协作人", "云帆加韩梅梅为协作人", crm.HandOver, write, customerShare),
		define("customer.unshare", "把同事移出客户的协作人", "云帆协作人去掉韩梅梅", crm.HandOver, write, customerUnshare),
		define("share.ask", "申请和负责人一起跟一个客户", "申请协作 云帆", crm.ReadRecords, write, shareAsk),
		define("share.deny", "不同意同事的协作申请", "拒绝协作 #1024 韩梅梅", crm.HandOver, write, shareDeny),
		define("contact.create", "给客户加联系人", "云帆的联系人 李娜 采购经理 13912345678", crm.WriteCustomer, write, contactCreate),
		define("lead.create", "录一条线索", "新线索 星河贸易 赵敏 13712345678 官网来的", crm.WriteLead, write, leadCreate),
		define("lead.assign", "把线索分给同事", "#1207 线索给吴迪", crm.WriteLead, write, leadAssign),
		define("lead.convert", "把线索转成客户", "#1207 线索转客户", crm.WriteLead, write, leadConvert),
		define("activity.log", "记一条跟进", "云帆 今天电话聊了报价，周五再联系", crm.WriteActivity, write, activityLog),
		define("record.keep", "把转来的聊天记录记到客户名下", "", crm.WriteActivity, write, recordKeep),
		define("record.offer", "告诉负责人有一份聊天记录", "", crm.WriteActivity, write, recordOffer),
		define("record.view", "看聊天记录的原文", "看云帆的聊天记录", crm.ReadRecords, read, recordView),
		define("record.find", "在聊天记录里找字", "聊天记录里找 样品", crm.ReadRecords, read, recordFind),
		define("deal.create", "给客户建商机", "云帆建个商机 38万 月底签", crm.WriteDeal, write, dealCreate),
		define("deal.update", "改商机的阶段、金额、预计签约日期、概率", "云帆推进到报价,38万", crm.WriteDeal, write, dealUpdate),
		define("deal.win", "商机赢单", "云帆签了 40万", crm.WriteDeal, write, dealWin),
		define("deal.lose", "商机输单", "云帆丢了，价格太高", crm.WriteDeal, write, dealLose),
		define("deal.list", "列出商机和合计", "我的商机", crm.ReadRecords, read, dealList),
		define("reminder.create", "到点提醒", "明天下午3点提醒我打给王强", crm.WriteTodo, write, reminderCreate),
		define("reminder.list", "列出提醒", "本周的提醒", crm.ReadRecords, read, reminderList),
		define("reminder.done", "完成提醒", "云帆的提醒完成了", crm.WriteTodo, write, reminderDone),
		define("reminder.snooze", "推迟提醒", "云帆的提醒推到明天10点", crm.WriteTodo, write, reminderSnooze),
		define("reminder.cancel", "取消提醒", "取消寄样品的提醒", crm.WriteTodo, write, reminderCancel),
		define("task.create", "给同事派任务", "让小马周五前把方案发给云帆", crm.WriteTodo, write, taskCreate),
		define("task.done", "完成任务", "完成 #1042", crm.WriteTodo, write, taskDone),
		define("task.list", "列出任务", "我的任务", crm.ReadRecords, read, taskList),
		define("task.update", "任务改期、改内容", "寄合同的任务改到周四", crm.WriteTodo, write, taskUpdate),
		define("task.cancel", "取消任务", "寄合同的任务不用做了", crm.WriteTodo, write, taskCancel),
		define("ticket.create", "建工单：客户的投诉、故障、咨询", "云帆投诉设备漏油，紧急", crm.WriteTicket, write, ticketCreate),
		define("ticket.assign", "把工单转给同事或部门", "#1042 工单转给孙倩", crm.WriteTicket, write, ticketAssign),
		define("ticket.take", "接手工单", "#1042 我来处理", crm.WriteTicket, write, ticketTake),
		define("ticket.reply", "回复客户", "回复 #1042：已经安排工程师明天上门", crm.WriteTicket, write, ticketReply),
		define("ticket.note", "给工单写内部备注", "#1042 备注 客户情绪激动", crm.WriteTicket, write, ticketNote),
		define("ticket.wait", "工单等客户回复，暂停计时", "#1042 等客户回复", crm.WriteTicket, write, ticketWait),
		define("ticket.update", "改工单的类型、优先级、客户", "#1042 优先级改成紧急", crm.WriteTicket, write, ticketUpdate),
		define("ticket.escalate", "工单升级给主管或经理", "#1042 升级给周主管", crm.WriteTicket, write, ticketEscalate),
		define("ticket.handoff", "把工单的一部分转给别的部门", "#1042 转研发部：查一下密封圈", crm.WriteTicket, write, ticketHandoff),
		define("ticket.close", "关闭工单", "关闭 #1042，换了密封圈", crm.WriteTicket, write, ticketClose),
		define("ticket.reopen", "重新打开工单", "重新打开 #1042", crm.WriteTicket, write, ticketReopen),
		define("ticket.merge", "把工单并入另一张", "#1043 并入 #1042", crm.WriteTicket, write, ticketMerge),
		define("ticket.split", "从工单拆出另一件事", "#1042 拆出 发票抬头写错了", crm.WriteTicket, write, ticketSplit),
		define("ticket.answered", "记下已经在别处答复客户的话", "", crm.WriteTicket, write, ticketAnswered),
		define("guest.link", "说明微信客户是哪家的谁", "这个微信客户是云帆的王强", crm.WriteTicket, write, guestLink),
		define("guest.invite", "给客户做专属的客服链接", "云帆的客服链接", crm.ReadRecords, read, guestInvite),
		define("ticket.said", "记下客户说的话", "", crm.ServeGuests, write, ticketSaid),
		define("ticket.breach", "记下工单超时并升级", "", crm.ServeGuests, write, ticketBreach),
		define("ticket.list", "列出工单", "超时的工单", crm.ReadRecords, read, ticketList),
		define("ticket.view", "看一张工单的全貌", "看工单 #1042", crm.ReadRecords, read, ticketView),
		define("order.create", "记一笔订单", "云帆下单 空压机 2台 5万", crm.WriteDeal, write, orderCreate),
		define("order.list", "客户买过什么：订单和赢单的商机", "云帆买过什么", crm.ReadRecords, read, orderList),
		define("coupon.send", "发优惠券给一个客户或一群客户", "给云帆发一张8折券 10天有效", crm.WriteOffer, write, couponSend),
		define("coupon.redeem", "核销优惠券：报券码和金额", "核销 K7F2-9QXT-3WDM 60元", crm.WriteTodo, write, couponRedeem),
		define("coupon.void", "作废优惠券", "作废云帆的券", crm.WriteOffer, write, couponVoid),
		define("coupon.list", "客户有哪些券，或最近发的每一批", "云帆的券", crm.ReadRecords, read, couponList),
		define("coupon.view", "查一张券：是谁的、还能用吗", "查券 K7F2-9QXT-3WDM", crm.ReadRecords, read, couponGet),
		define("report.coupon", "券的效果：发了多少、用了多少、带来多少", "本月优惠券效果", crm.ReadRecords, read, reportCoupon),
		define("coupon.remind", "提醒客户券快到期了", "", crm.ServeGuests, write, couponRemind),
		define("coupon.expire", "结束到期的券", "", crm.ServeGuests, write, couponExpire),
		define("member.create", "让客户入会，开始积分", "张姐入会 13812345678 生日6月1日", crm.WritePoints, write, memberCreate),
		define("points.balance", "查积分、等级和快到期的积分", "张姐有多少积分", crm.ReadRecords, read, pointsBalance),
		define("points.adjust", "给客户加减积分", "给张姐加100积分，生日礼", crm.WritePoints, write, pointsAdjust),
		define("points.redeem", "用积分兑换礼品", "张姐用100积分换一杯", crm.WritePoints, write, pointsRedeem),
		define("points.history", "看积分的来龙去脉", "张姐的积分记录", crm.ReadRecords, read, pointsHistory),
		define("tier.list", "会员等级、权益和兑换目录", "会员等级", crm.ReadRecords, read, tierList),
		define("device.create", "登记客户的设备", "云帆登记设备 空压机 序列号 SN20260318", crm.WriteField, write, deviceCreate),
		define("device.view", "查一台设备：是谁的、还在保吗", "序列号 SN20260318 是谁的", crm.ReadRecords, read, deviceGet),
		define("device.list", "列出客户的设备", "云帆的设备", crm.ReadRecords, read, deviceList),
		define("repair.update", "维修、退换到哪一步了，客户会收到一次", "#1033 修好了 待取件", crm.WriteField, write, repairUpdate),
		define("appointment.create", "约人上门", "约小马明天下午2点去云帆上门检修", crm.WriteField, write, appointmentCreate),
		define("appointment.move", "上门改期", "预约 #1050 改到后天上午10点", crm.WriteField, write, appointmentMove),
		define("appointment.done", "上门完成了", "预约 #1050 完成了", crm.WriteField, write, appointmentDone),
		define("appointment.cancel", "取消上门", "取消预约 #1050", crm.WriteField, write, appointmentCancel),
		define("appointment.list", "列出上门预约", "我明天的预约", crm.ReadRecords, read, appointmentList),
		define("slot.list", "看谁什么时候有空", "小马明天有空吗", crm.ReadRecords, read, slotList),
		define("health.view", "客户的健康度和原因", "云帆健康度", crm.ReadRecords, read, healthGet),
		define("health.list", "健康度最低的客户", "健康度最低的客户", crm.ReadRecords, read, healthList),
		define("visit.list", "该拜访哪些客户", "该拜访谁", crm.ReadRecords, read, visitList),
		define("ticket.capture", "收下客户或别的程序送来的工单", "", crm.ServeGuests, write, ticketCapture),
		define("ticket.status", "客户凭链接看工单的进度", "", crm.ServeGuests, read, ticketStatus),
		define("mail.received", "收下客户的邮件", "", crm.ServeGuests, write, mailReceived),
		define("survey.send", "请客户评价", "给云帆发个满意度调查", crm.WriteTicket, write, surveySend),
		define("survey.campaign", "给一群客户发调查", "给重点客户发 NPS 调查", crm.WriteTicket, write, surveyCampaign),
		define("survey.open", "客户打开调查", "", crm.ServeGuests, read, surveyOpen),
		define("survey.answer", "客户的评价", "", crm.ServeGuests, write, surveyAnswer),
		define("report.satisfaction", "满意度报表：按周、按人", "本月满意度", crm.ReadRecords, read, reportSatisfaction),
		define("shift.on", "上班，开始接工单", "上班", crm.WriteTodo, write, shiftOn),
		define("shift.off", "下班或请假，不再分到工单", "我请假到周五", crm.WriteTodo, write, shiftOff),
		define("shift.set", "定自己或组员的班次", "小马的班次 周一至周五 9:00-18:00", crm.WriteTodo, write, shiftSet),
		define("skill.set", "给同事加技能，按技能分工单", "小马加技能 打印机", crm.WriteTodo, write, skillSet),
		define("shift.list", "看谁在班", "谁在班", crm.ReadRecords, read, shiftList),
		define("report.breach", "SLA 达标率和超时的工单", "上周SLA达标率", crm.ReadRecords, read, reportBreach),
		define("library.find", "找话术、案例、产品资料", "有没有应对嫌贵的话术", crm.ReadRecords, read, libraryFind),
		define("article.create", "写一条知识，或把刚回复客户的话存为知识", "把这个回答存到知识库", crm.WriteArticle, write, articleCreate),
		define("article.update", "改一条知识", "知识 #1042 回答改成：可以开专票", crm.WriteArticle, write, articleUpdate),
		define("article.confirm", "确认一条知识草稿，客户问到就用它", "确认知识 #1042", crm.WriteArticle, write, articleConfirm),
		define("article.remove", "删掉一条知识", "删除知识 #1042", crm.WriteArticle, write, articleRemove),
		define("article.list", "列出知识库", "知识列表", crm.ReadRecords, read, articleList),
		define("brief", "今天要做什么", "今天做什么", crm.ReadRecords, read, brief),
		define("undo", "撤销上一步", "撤销", crm.WriteTodo, write, undo),
		define("help", "看看会什么", "帮助", crm.ReadRecords, read, help),
	}
})

var byName = sync.OnceValue(func() map[string]*Action {
	all := actions()
	m := make(map[string]*Action, len(all))
	for i := range all {
		m[all[i].name] = &all[i]
	}
	return m
})

func find(name string) *Action { return byName()[name] }

// later is the part of the vocabulary that is understood but not yet done, by what people call it.
var later = map[string]string{
	"customer.merge": "合并客户", "quote.create": "做报价单", "contract.create": "拟合同", "approval.approve": "审批通过", "approval.reject": "审批驳回",
	"payment.plan": "回款计划", "payment.record": "登记回款", "order.create": "下订单",
	"journey.start": "启动旅程",
	"report.funnel": "销售漏斗", "report.performance": "业绩报表", "report.ranking": "排行榜", "report.roi": "渠道效果", "report.forecast": "销售预测",
	"report.churn": "流失分析", "report.quality": "数据质量",
}
