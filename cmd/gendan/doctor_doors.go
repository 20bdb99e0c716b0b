package main

import (
	"context"
	"strings"
	"time"

	"gendan/adapters/mail"
	"gendan/adapters/sms"
)

// doors checks the ways to customers beside the platforms: links, mail, SMS. None of them is needed.
func (d *doctor) doors(ctx context.Context, set settings) {
	switch {
	case set.URL == "":
		d.note("对外网址", "没有设置，调查和进度链接发不出去；请设 GENDAN_URL 为客户能打开的地址")
	case !strings.HasPrefix(set.URL, "https://"):
		d.note("对外网址", set.URL+" 不是 https，客户的手机可能拦下")
	default:
		d.say(true, "对外网址", "")
	}
	d.mail(ctx, set)
	if set.SMSURL == "" {
		d.note("短信", "没有设置；要发短信请设 SMS_URL")
		return
	}
	_, err := sms.New(sms.Config{URL: set.SMSURL})
	d.say(err == nil, "短信", adviceOf(err, "请检查 SMS_URL"))
}

func (d *doctor) mail(ctx context.Context, set settings) {
	if set.IMAPURL == "" && set.SMTPURL == "" {
		d.note("邮件", "没有设置；要收发邮件请设 IMAP_URL 和 SMTP_URL")
		return
	}
	m, err := mail.New(mail.Config{IMAPURL: set.IMAPURL, SMTPURL: set.SMTPURL, Take: func(context.Context, mail.In) error { return mail.ErrRefused }})
	if err != nil {
		d.say(false, "邮件", oneLine(err.Error()))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if set.IMAPURL != "" {
		err := m.CheckIn(ctx)
		d.say(err == nil, "收邮件", adviceOf(err, "请检查 IMAP_URL 的地址、账号和授权码"))
	} else {
		d.note("收邮件", "没有设置 IMAP_URL，客户的回信不会变成工单")
	}
	if set.SMTPURL != "" {
		err := m.CheckOut(ctx)
		d.say(err == nil, "发邮件", adviceOf(err, "请检查 SMTP_URL 的地址、账号和授权码"))
	} else {
		d.note("发邮件", "没有设置 SMTP_URL，邮件来的工单要打电话回复")
	}
}

// adviceOf is what to do about err; "" when there is none.
func adviceOf(err error, advice string) string {
	if err == nil {
		return ""
	}
	return advice + "（" + oneLine(err.Error()) + "）"
}
