package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-rod/rod/lib/proto"

	"gendan/adapters/browsertest"
)

// TestConsole plays the story of the README in a browser: a customer, a deal, a reminder and an undo on both
// platforms, a colleague who is refused, a manager who confirms, and a reminder that rings tomorrow at three.
func TestConsole(t *testing.T) {
	url := demoServer(t)
	b := browsertest.Start(t, storyTime)
	d := sit(t, b, url)
	part := func(name string, f func(d *desk)) {
		if !t.Failed() {
			t.Run(name, func(t *testing.T) {
				d.t = t
				f(d)
				d.clean()
			})
		}
	}

	part("three phones fit on laptops", layout)
	part("the story on WeCom", func(d *desk) {
		d.say(0, "新客户 上海云帆科技,王强 13812345678,展会来的")
		d.sees(0, "上海云帆科技", "展会", "王强", "撤销")
		d.say(0, "云帆建个商机 38万 月底签")
		d.sees(0, "¥380,000", "初步接触")
		d.say(0, "云帆推进到报价,明天下午3点提醒我打给王强")
		d.sees(0, "初步接触 → 方案报价", "明天 15:00", "打给王强")
		d.say(0, "撤销")
		d.sees(0, "已撤销", "方案报价", "打给王强")
		d.say(0, "云帆推进到报价,明天下午3点提醒我打给王强")
		d.sees(0, "初步接触 → 方案报价", "明天 15:00")
	})
	part("the story on DingTalk", func(d *desk) {
		d.say(1, "新客户 深圳启明电子,赵倩 13712345678,抖音来的")
		d.sees(1, "深圳启明电子", "抖音", "赵倩", "撤销")
		d.say(1, "启明建个商机 26万 月底签")
		d.sees(1, "¥260,000", "初步接触")
		d.say(1, "启明推进到报价,明天下午3点提醒我打给赵倩")
		d.sees(1, "初步接触 → 方案报价", "明天 15:00", "打给赵倩")
		d.press(1, "撤销")
		d.until("the card shows that it was undone", `() => {
			const card = document.querySelector("#phone1 article:last-child .card");
			return card.matches(".undone") && card.innerText.includes("已撤销") && !card.querySelector("button");
		}`)
		d.say(1, "启明推进到报价,明天下午3点提醒我打给赵倩")
		d.sees(1, "初步接触 → 方案报价", "明天 15:00")
	})
	part("a customer's WeChat", customersWeChat)
	part("another rep is refused", func(d *desk) {
		d.choose(2, "wecom:hanmeimei")
		d.say(2, "云帆推进到谈判")
		d.sees(2, "由李雷负责")
		d.picture("console.png")
		d.say(1, "看看云帆")
		d.sees(1, "由李雷负责")
		d.picture("screens/refused.png")
	})
	part("a manager confirms", managerConfirms)
	part("groups mask, details come in private", func(d *desk) {
		d.click(`#phone2 .tabs a:nth-child(2)`)
		d.el(`#phone2[data-chat]:not([data-chat=""])`)
		d.say(2, "看看百川")
		d.sees(2, "@跟单 看看百川", "百川机械", "139****3333", "私下")
		d.el(`#phone2 .tabs a.news:first-child`)
		d.click(`#phone2 .tabs a:nth-child(1)`)
		d.sees(2, "13900003333")
	})
	part("tomorrow at three the reminders ring", reminders)
	part("voice, files and pictures", func(d *desk) {
		d.type_(0, "云帆推进到谈判四十万")
		d.click("#phone0 .more summary")
		d.click("#phone0 .menu [value=voice]")
		d.sees(0, "云帆推进到谈判四十万", "商务谈判", "¥400,000")
		d.click("#phone1 .more summary")
		d.click("#phone1 .menu [value=sticker]")
		d.sees(1, "表情", "还读不了")
		d.click("#phone1 .more summary")
		d.click("#phone1 .menu [value=file]")
		d.sees(1, "报价单.pdf", "文件我读不了")
		d.click("#phone1 .more summary")
		d.click("#phone1 .menu [value=voice]")
		d.until("the page says what is missing", `() => document.querySelector("#trouble").innerText.includes("先在输入框写下")`)
	})
	part("typing", typing)
	part("a message cannot become part of the page", func(d *desk) {
		evil := `<img src=x onerror="window.hurt=1"><script>window.hurt=2</script> [点](javascript:hurt=3) **<b onclick=hurt=4>粗</b>** "'` + "`"
		d.say(0, evil)
		d.sees(0, evil)
		d.say(1, evil)
		d.sees(1, evil)
		if got := d.js(`() => String(window.hurt) + document.querySelectorAll(".list img, .list script, .list [onclick], .list a[href^=javascript]").length`); got != "undefined0" {
			d.t.Errorf("the message did something: %s", got)
		}
	})
	part("the wire is shown", func(d *desk) {
		d.click("#wire > summary")
		d.el(`#wire .line b.wecom`)
		d.el(`#wire .line b.dingtalk`)
		d.until("frames with their JSON", `() => /CALLBACK .*bot\/messages\/get/.test(document.querySelector("#lines").textContent) &&
			document.querySelector("#lines").textContent.includes("stream_with_template_card")`)
		d.click("#wire > summary")
	})
	part("without script", withoutScript)
}

// customersWeChat lets a customer ask for a person, and the person answer in WeCom's own window.
func customersWeChat(d *desk) {
	if got := d.js(`() => { const p = document.querySelector("#phone2"); return p.dataset.platform + p.querySelector(".brand").innerText + p.querySelectorAll(".menu button").length; }`); got != "kf微信4" {
		d.t.Errorf("the third phone is %s", got)
	}
	d.click("#phone2 .empty button")
	d.say(2, "扫码枪又坏了，扫不出来")
	d.sees(2, "扫码枪又坏了")
	d.say(2, "转人工")
	d.sees(2, "已转给同事赵敏")
	d.picture("screens/customer.png")
	d.choose(0, "wecom:zhaomin")
	d.until("the colleague sees who waits", `() => [...document.querySelectorAll("#phone0 .tabs a")].some(a => a.innerText.includes("客服 · 刘芳"))`)
	d.js(`() => { [...document.querySelectorAll("#phone0 .tabs a")].find(a => a.innerText.includes("客服 · 刘芳")).click(); return ""; }`)
	d.el(`#phone0[data-chat^="kf:"]`)
	d.sees(0, "扫码枪又坏了")
	d.say(0, "您好，我是赵敏，马上帮您看")
	d.sees(2, "我是赵敏")
	if got := d.js(`() => { const p = document.querySelector("#phone0"); return String(p.querySelectorAll(".more").length) + p.matches(".waiting") + p.querySelector(".phrases").innerText.includes("今天做什么"); }`); got != "0falsefalse" {
		d.t.Errorf("the window to the customer is one to the bot: %s", got)
	}
	d.picture("screens/servicer.png")
	d.press(0, "结束会话")
	d.until("the session is over", `() => ![...document.querySelectorAll("#phone0 .tabs a")].some(a => a.innerText.includes("刘芳"))`)
	d.choose(0, "wecom:lilei")
}

// layout looks at the page in several windows.
func layout(d *desk) {
	for _, size := range [][2]int{{1280, 720}, {1440, 900}, {1920, 1080}} {
		d.size(size[0], size[1])
		got := d.js(`() => {
			const boxes = [...document.querySelectorAll(".phone")].map(p => p.getBoundingClientRect());
			const inside = boxes.length === 3 && boxes.every(b => b.left >= 0 && b.right <= innerWidth && b.bottom <= innerHeight && b.width >= 330 && b.height >= 480);
			const page = document.documentElement;
			return String(inside && page.scrollWidth <= innerWidth && page.scrollHeight <= innerHeight);
		}`)
		if got != "true" {
			d.t.Errorf("at %v the phones do not fit", size)
		}
	}
	d.size(390, 844)
	if got := d.js(`() => String(document.documentElement.scrollWidth <= innerWidth)`); got != "true" {
		d.t.Error("a narrow screen scrolls sideways")
	}
	d.size(1440, 900)
	if got := d.js(`() => document.querySelector("#clock time").innerText`); !strings.Contains(got, "周一 10:0") {
		d.t.Errorf("the clock shows %q, want a Monday at ten", got)
	}
}

// managerConfirms lets a manager's phone take the third place: a transfer shows a card, which is confirmed.
func managerConfirms(d *desk) {
	d.choose(2, "wecom:wangjing")
	if at := d.page.MustInfo().URL; !strings.Contains(at, "u2=wecom%3Awangjing") {
		d.t.Errorf("the address does not keep the choice: %s", at)
	}
	d.say(2, "把华星转给韩梅梅")
	d.sees(2, "请确认", "李雷 → 韩梅梅", "取消")
	d.picture("screens/confirm.png")
	d.press(2, "确认")
	d.until("the transfer is done", `() => { const all = document.querySelector("#phone2 .list").innerText; return all.includes("韩梅梅") && ![...document.querySelectorAll("#phone2 .buttons button")].some(b => b.textContent === "确认"); }`)
	d.open("/?u2=wecom%3Awangjing&c1=")
	d.sees(2, "把华星转给韩梅梅")
	d.choose(2, "wecom:hanmeimei")
}

// reminders travels to tomorrow at three, where both reminders ring; one is done, the other put off by an hour.
func reminders(d *desk) {
	d.click(`#clock [value="tomorrow 15:00"]`)
	d.until("the clock shows tomorrow", `() => document.querySelector("#clock .now").innerText.includes("周二 15:00") && document.querySelector(".ahead").innerText.includes("1 天")`)
	d.sees(0, "打给王强", "完成", "推迟1小时")
	d.sees(1, "打给赵倩", "完成", "推迟1小时")
	d.until("what came is marked", `() => Number(document.querySelector("#phone0 .badge").innerText) > 0 && document.querySelector("#phone1").matches(".unread") && document.title.startsWith("(")`)
	d.sees(0, "李雷，今天的事")
	d.sees(1, "陈晨，今天的事")
	d.picture("screens/reminder.png")
	d.press(0, "完成")
	d.until("it is done", `() => document.querySelector("#phone0 .list").innerText.includes("「打给王强」完成了")`)
	d.until("a phone in hand has no mark", `() => document.querySelector("#phone0 .badge").hidden`)
	d.press(1, "推迟1小时")
	d.until("it is put off", `() => /改到 今天 16:0/.test(document.querySelector("#phone1 .list").innerText)`)
	d.until("the next one is known", `() => /今天 16:0/.test(document.querySelector("#clock .next")?.innerText)`)
	d.click("#clock .next button")
	d.press(1, "完成")
	d.until("it is done", `() => document.querySelector("#phone1 .list").innerText.includes("「打给赵倩」完成了")`)
}

// typing looks at the keyboard: Enter sends once, Shift+Enter and an input method do not.
func typing(d *desk) {
	d.type_(2, "第一行")
	count := `() => String(document.querySelectorAll("#phone2 article.mine").length)`
	before := d.js(count)
	d.js(`() => { document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, isComposing: true })); return ""; }`)
	d.ok(proto.InputDispatchKeyEvent{Type: proto.InputDispatchKeyEventTypeKeyDown, Modifiers: 8, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Text: "\r"}.Call(d.page))
	d.ok(d.page.InsertText("第二行"))
	if got := d.js(`() => document.querySelector("#phone2 textarea").value`); got != "第一行\n第二行" || d.js(count) != before {
		d.t.Errorf("the box holds %q", got)
	}
	d.js(`() => { for (let i = 0; i < 3; i++) document.querySelector("#phone2 .compose").requestSubmit(); return ""; }`)
	d.sees(2, "第一行", "没听懂")
	var n, m int
	fmt.Sscan(before, &n)
	if fmt.Sscan(d.js(count), &m); m != n+1 {
		d.t.Errorf("three submits at once sent %d messages", m-n)
	}
	if got := d.js(`() => document.activeElement.closest("#phone2 .compose") && document.activeElement.name`); got != "text" {
		d.t.Errorf("after sending the focus is in %q", got)
	}
	d.say(2, strings.Repeat("没有标点也没有空格的一句话", 200))
	d.sees(2, "太长")
	if got := d.js(`() => String(document.querySelector("#phone2 .bubbles").scrollTop)`); got != "0" {
		d.t.Errorf("the chat does not stand at the newest message: %s", got)
	}
}

// withoutScript does the same with forms and reloads alone. The test's own clicks wait for animation frames, which
// such a page has none of, so the elements are clicked from outside.
func withoutScript(d *desk) {
	d.ok(proto.EmulationSetScriptExecutionDisabled{Value: true}.Call(d.page))
	d.open("/?u2=dingtalk%3Awangjing")
	click := func(selector string) {
		d.t.Helper()
		d.js(`(selector) => { document.querySelector(selector).click(); return ""; }`, selector)
	}
	kept := func(what, selector string) {
		d.t.Helper()
		d.until(what, `(selector) => document.querySelector(selector) !== null && document.querySelector("#phone2.dingtalk[data-user=wangjing]") !== null`, selector)
	}
	d.js(`() => { document.querySelector("#phone0 textarea").value = "看看远航"; return ""; }`)
	click("#phone0 .send")
	d.sees(0, "看看远航", "远航物流")
	kept("the other phone's choice after a message", "#phone0")
	click("#phone0 .tabs a:nth-child(2)")
	kept("the other phone's choice beside a group", `#phone0[data-chat]:not([data-chat=""])`)
	click("#phone1 .send")
	d.until("the page says what is wrong", `() => document.querySelector("#trouble").innerText.includes("先写点什么")`)
}
