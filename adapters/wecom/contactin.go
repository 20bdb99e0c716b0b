package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

const (
	contactAsk   = 2500 * time.Millisecond // of the platform's 5 s that reading a new contact may take
	contactPause = 150 * time.Millisecond  // first pause before it is read again
)

// changed takes an event of customer contact. It returns nil when what is to be known is durable.
func (c *Contact) changed(ctx context.Context, f *appFields) error {
	peer := contactPeer(f.userID, f.externalUserID)
	if _, _, ok := contactParties(string(peer)); !ok {
		return nil // of a chat or a tag, or of nobody
	}
	e := chat.Event{Contact: &chat.Contact{Peer: peer, Owner: personID(f.userID), Scene: f.state}}
	m := chat.Message{
		Platform: ContactName, ID: strings.Replace(f.id(), "app:", contactPrefix, 1), From: peer, Conversation: chat.ConversationID(peer),
		SentAt: unixOr(atoi(f.createTime), c.now()), Kind: chat.EventKind,
	}
	switch f.changeType {
	case "add_external_contact", "add_half_external_contact":
		e.Type, e.Contact.Half = chat.EventMet, f.changeType == "add_half_external_contact"
		c.read(ctx, f, &m, e.Contact)
	case "del_follow_user", "del_external_contact":
		e.Type, e.On = chat.EventParted, f.changeType == "del_external_contact"
	case "edit_external_contact":
		return c.edited(ctx, f)
	default:
		return nil
	}
	if f.welcome != "" {
		until := m.SentAt.Add(welcomeSpan)
		e.Contact.Greeting = until.Unix()
		m.AnswerTo = contactHandle{Code: f.welcome, Until: until.Unix()}.raw()
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	m.Raw = raw
	return c.insist(ctx, m)
}

// insist offers m to the inbox until it is taken or the platform's patience ends.
func (c *Contact) insist(ctx context.Context, m chat.Message) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := errNotReceiving
		if hear := c.hear.Load(); hear != nil {
			err = (*hear)(ctx, m)
		}
		if err == nil || errors.Is(err, errNotReceiving) && c.a.ended.Load() {
			return err
		}
		if !wait(ctx, pause) {
			return err
		}
	}
}

// read fills in who the new contact is. When the platform does not say in time, all contacts are read again soon.
func (c *Contact) read(ctx context.Context, f *appFields, m *chat.Message, to *chat.Contact) {
	ctx, cancel := context.WithTimeout(ctx, contactAsk)
	defer cancel()
	for pause := contactPause; ; pause *= 2 {
		row, tags, ok, err := c.api.oneContact(ctx, f.userID, f.externalUserID)
		if err == nil && ok {
			half, state := to.Half, to.Scene
			*to = row.contact(tags)
			to.Half, to.Scene = half, orElse(to.Scene, state)
			m.FromName = to.Name
			return
		}
		if err == nil && to.Half {
			return // it is none yet
		}
		if err != nil {
			c.report(err)
		}
		if !wait(ctx, pause) {
			c.log.Warn("contact: a new contact could not be read", zap.Error(err))
			break
		}
	}
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if err := c.cfg.Book.ContactUnread(late); err != nil {
		c.log.Warn("contact: not noted", zap.Error(err))
	}
}

// edited reads a contact again whose remark or tags a colleague has changed.
func (c *Contact) edited(ctx context.Context, f *appFields) error {
	ctx, cancel := context.WithTimeout(ctx, contactAsk)
	defer cancel()
	row, tags, ok, err := c.api.oneContact(ctx, f.userID, f.externalUserID)
	switch {
	case err != nil:
		c.report(err)
		return c.cfg.Book.ContactUnread(context.WithoutCancel(ctx))
	case !ok:
		return nil
	}
	return c.cfg.Book.ContactSeen(ctx, []chat.Contact{row.contact(tags)})
}

// contact is the row as everybody else knows it.
func (r *contactRow) contact(tags []string) chat.Contact {
	works := strings.TrimSpace(r.Contact.Company + " " + r.Contact.Position)
	return chat.Contact{
		Peer: contactPeer(r.Follow.UserID, r.Contact.ID), Owner: personID(r.Follow.UserID), Name: r.Contact.Name, UnionID: r.Contact.UnionID,
		Works: works, Remark: r.Follow.Remark, Company: orElse(r.Follow.Company, r.Contact.Company), Mobiles: r.Follow.Mobiles, Tags: tags,
		Scene: r.Follow.State, Channel: r.Follow.Channel.Nickname, Way: contactWays[r.Follow.Way], Since: unixOr(r.Follow.Since, time.Time{}),
	}
}

// contactWays are the ways by which customers come (add_way).
var contactWays = map[int64]string{
	1: "扫描二维码", 2: "搜索手机号", 3: "名片分享", 4: "群聊", 5: "手机通讯录", 6: "微信联系人", 8: "第三方应用", 9: "搜索邮箱", 10: "视频号",
	11: "日程参与人", 12: "会议参与人", 13: "添加微信好友", 14: "智慧硬件服务", 15: "上门服务", 16: "获客链接", 17: "定制开发", 18: "需求回复",
	21: "第三方售前", 22: "可能的商务伙伴", 24: "接受微信好友申请", 201: "内部成员共享", 202: "管理员分配",
}
