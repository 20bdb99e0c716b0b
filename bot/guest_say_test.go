package bot

import (
	"strings"
	"testing"

	"gendan/crm"
	"gendan/templates"
)

func guestWords(t *testing.T) *templates.Guest {
	t.Helper()
	w, err := templates.Default().Guest()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestGuestAsksForAPerson: 转人工 works in whatever words, and words that only look like it do not call anybody.
func TestGuestAsksForAPerson(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{
		"转人工", "人工", "人工客服", "我要人工", "转 人 工！！", "轉人工", "真人", "找真人", "要真人客服", "找客服", "客服", "在线客服", "客服在吗", "联系客服", "有没有人工", "有人工吗",
		"能不能转人工啊", "帮我转一下人工", "不要机器人", "不想跟机器人说话，找个人来", "叫你们经理来", "找你们领导", "我要找你们老板", "让人来处理", "派个人来联系我", "0", "human", "talk to a human",
		"customer service please", "zhuan rengong", "你答的不对，转人工吧", "这个人工智能太笨了，给我转人工", "我想和客服聊", "接人工服务", "呼叫人工", "换真人来", "让客服给我回电话", "转接专员",
		"给我打电话", "让你们销售联系我", "转销售", "帮我转技术", "找小赵", "找一下你们技术", "人呢", "有没有人啊", "怎么没人回我", "客服呢？",
	} {
		if !readGuestWords(w, text, false).human {
			t.Errorf("%q calls nobody", text)
		}
	}
	for _, text := range []string{
		"你们有人工智能产品吗", "人工费怎么算", "安装要人工费吗", "不用转人工了", "先不用人工", "不需要人工客服", "这是人工操作还是自动的", "真人秀", "你好", "保修多久", "打印机坏了", "人工草坪多少钱",
		"机器怎么用", "和老板商量一下再定", "10", "人工服务怎么收费", "技术参数发我一份", "销售价是多少", "有人吗", "发票怎么开",
	} {
		if readGuestWords(w, text, false).human {
			t.Errorf("%q calls a person", text)
		}
	}
}

// TestGuestTroubles: what kind of ticket a customer's words make.
func TestGuestTroubles(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for text, want := range map[string]string{
		"我要投诉你们": "投诉", "你们发错货了": "投诉", "少发了两箱": "投诉", "客服态度太差了": "投诉", "等了三天没人管": "投诉", "质量太差": "投诉",
		"我想退货": "退换", "给我换一台": "退换", "申请退款": "退换",
		"打印机需要维修": "维修", "派人上门修一下": "维修", "我要报修，空调不制冷": "维修",
		"机器坏了": "故障", "屏幕黑屏了": "故障", "开不了机": "故障", "漏水了": "故障", "软件打不开": "故障", "一直报错": "故障", "空压机有异响": "故障",
		"设备报警E05": "故障", "有问题请教": "", "没有问题": "", "有个问题想问": "", "机器没问题了": "",
		"保修多久": "", "你们几点上班": "", "多少钱一台": "", "谢谢": "", "你好": "", "发票怎么开": "",
	} {
		if got := readGuestWords(w, text, false).trouble; got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"机器停产了很急": crm.Urgent, "漏电了": crm.Urgent, "马上派人来": crm.Urgent, "机器冒烟": crm.Urgent,
		"尽快处理一下机器坏了": "高", "我要投诉": "高", "屏幕坏了": "普通",
	} {
		if got := readGuestWords(w, text, false).priority; got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// TestGuestStatusWords: asking how far one's matter is, and asking something else.
func TestGuestStatusWords(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{"我的维修到哪了", "工单进度", "查进度", "查一下我的工单", "维修到哪了", "报修进度怎么样了", "我的报修怎么样了", "修好了吗", "处理得怎么样了", "进度", "我的工单呢", "退款进度"} {
		if !readGuestWords(w, text, false).status {
			t.Errorf("%q asks for no status", text)
		}
	}
	for _, text := range []string{"怎么样了", "什么时候来", "还要多久", "好了吗", "催一下"} {
		if !readGuestWords(w, text, true).status {
			t.Errorf("%q asks for no status while a matter is open", text)
		}
		if readGuestWords(w, text, false).status {
			t.Errorf("%q asks for a status with nothing open", text)
		}
	}
	for _, text := range []string{"保修多久", "打印机坏了", "你好", "维修点在哪里", "你们修不修打印机", "维修要多少钱"} {
		if readGuestWords(w, text, false).status {
			t.Errorf("%q asks for a status", text)
		}
	}
}

// TestGuestSmallTalk: greetings and thanks make nothing.
func TestGuestSmallTalk(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{"你好", "您好！", "在吗？", "hi", "你好，在吗", "请问", "有人吗"} {
		if !readGuestWords(w, text, false).greeting {
			t.Errorf("%q is no greeting", text)
		}
	}
	for _, text := range []string{"你是机器人吗", "你是真人吗", "你是谁", "你叫什么名字"} {
		if !readGuestWords(w, text, false).robot {
			t.Errorf("%q does not ask what answers", text)
		}
	}
	for _, text := range []string{"问题解决了谢谢", "已经好了", "修好了，谢谢", "机器没问题了", "可以了"} {
		if !readGuestWords(w, text, false).helped {
			t.Errorf("%q does not say that all is well", text)
		}
	}
	for _, text := range []string{"好了没", "修好了吗", "还没好", "好了再告诉我", "没有问题吗"} {
		if readGuestWords(w, text, false).helped {
			t.Errorf("%q says that all is well", text)
		}
	}
	for _, text := range []string{"东西挺好用", "谢谢", "好的，谢谢", "嗯嗯", "OK", "收到", "好的好的", "麻烦您了"} {
		if !readGuestWords(w, text, false).thanks {
			t.Errorf("%q is no thanks", text)
		}
	}
	for _, text := range []string{"你好，机器坏了", "谢谢，那保修多久", "在吗 发票怎么开"} {
		if s := readGuestWords(w, text, false); s.greeting || s.thanks {
			t.Errorf("%q is small talk only", text)
		}
	}
}

// TestGuestSaysItIsNotSolved: after closing these open the ticket again, and words that only look like it do not.
func TestGuestSaysItIsNotSolved(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{"还是不行", "又坏了", "没修好", "没解决", "还没修好", "根本没修好", "问题还在", "怎么又卡纸了", "又报错了", "还是漏油", "还是老样子", "又有异响了", "修了等于没修", "没有解决", "依然打不开", "刚修好又坏了"} {
		if !readGuestWords(w, text, false).again {
			t.Errorf("%q says that all is well", text)
		}
	}
	for _, text := range []string{"修好了", "没问题了", "又要买一台", "又来打扰了", "方便", "好的谢谢", "不错", "没坏", "解决了", "还没收到发票", "还有一台要装", "又有一个项目", "还没有别的事"} {
		if readGuestWords(w, text, false).again {
			t.Errorf("%q opens the ticket again", text)
		}
	}
}

// TestGuestIsAngry: anger and threats, and the same words meaning neither.
func TestGuestIsAngry(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{"你们太差了", "投诉", "我要投诉", "再不来我就投诉", "曝光你们", "12315见", "打12315", "找律师告你们", "发到抖音上", "给你们差评", "服务太差", "垃圾公司", "骗子", "气死我了", "什么破机器", "没人管",
		"太过分了", "你们这是什么态度", "给我个说法", "我对你们非常失望", "怎么这么差劲，太离谱了"} {
		if !readGuestWords(w, text, true).angry {
			t.Errorf("%q is calm", text)
		}
	}
	for _, text := range []string{"你好", "我不投诉了", "取消投诉", "我的投诉怎么样了", "上次的投诉处理好了吗", "投诉进度", "垃圾桶坏了", "滚筒不转了", "我们是律师事务所", "我没生气", "就是前台那台", "纸是A4的", "还要多久",
		"机器又停了", "没有骗我吧"} {
		if s := readGuestWords(w, text, true); s.angry {
			t.Errorf("%q is angry", text)
		}
	}
}

// TestPriorityOneStepUp: one step, and none above the highest.
func TestPriorityOneStepUp(t *testing.T) {
	t.Parallel()
	for priority, want := range map[string]string{"低": "普通", "普通": "高", "高": crm.Urgent, crm.Urgent: "", "?": ""} {
		if got := higherPriority(priority); got != want {
			t.Errorf("%s becomes %q", priority, got)
		}
	}
}

// TestGuestWordsHoldOut: hostile and endless text is read in bounded time and calls nothing by accident.
func TestGuestWordsHoldOut(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{strings.Repeat("啊", 20_000), strings.Repeat("(", 20_000), "\x00\xff\xfe", strings.Repeat("好的谢谢", 5_000), "{{.}} <script> '; DROP TABLE guests; --"} {
		if s := readGuestWords(w, text, true); s.human || s.status {
			t.Errorf("%.20q… calls %+v", text, s)
		}
	}
}

// A customer's words about their own coupons are answered from the coupons; what is said of a coupon beside that is not.
func TestGuestAsksForCoupons(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for _, text := range []string{"我有券吗", "我的券呢", "我的券", "有没有优惠券", "我还有几张券", "查一下我的优惠券", "券什么时候过期", "我的优惠券还有吗，什么时候过期", "我有什么优惠吗", "能用的券有哪些", "我有劵吗"} {
		if !w.Coupons.MatchString(crm.Fold(text)) {
			t.Errorf("%q asks for coupons", text)
		}
	}
	for _, text := range []string{"券用不了", "优惠券怎么没收到", "刘芳的券还有几张", "有没有优惠", "扫券码报错", "发票什么时候开", "硒鼓能用3天", "券商"} {
		if w.Coupons.MatchString(crm.Fold(text)) {
			t.Errorf("%q does not ask for coupons", text)
		}
	}
}

// Who presses is passed on to whoever handles the matter; who asks how far it is need not be.
func TestGuestChases(t *testing.T) {
	t.Parallel()
	w := guestWords(t)
	for text, want := range map[string]bool{"到底几点来": true, "怎么还没人来": true, "催一下": true, "什么时候能好": true, "查进度": false, "进度怎么样了": false, "工单 1004 进度": false, "怎么样了": false} {
		if says := readGuestWords(w, text, true); !says.status || says.chase != want {
			t.Errorf("%q: status %v, chase %v, want %v", text, says.status, says.chase, want)
		}
	}
}
