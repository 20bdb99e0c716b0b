package crm

import (
	"strings"
	"time"
)

// Channels are the ways of talking to a customer.
var Channels = []string{"电话", "微信", "拜访", "邮件", "会议", "短信"}

// CheckActivity refuses an activity that says nothing, too much, or lies in the future.
func CheckActivity(content, channel string, at, now time.Time, zone *time.Location) error {
	switch {
	case strings.TrimSpace(content) == "":
		return Refuse(ErrInvalid, "跟进内容是什么？比如「云帆 今天电话聊了报价」。")
	case runeCount(content) > 4000:
		return Refuse(ErrInvalid, "跟进内容有 %d 个字，最多 4000 个字，请分几次发。", runeCount(content))
	case at.After(now.Add(time.Minute)):
		return Refuse(ErrInvalid, "%s还没到，跟进记录只能记已经发生的事；要安排以后的事请说「提醒我…」。", SayTime(at, now, zone))
	}
	return nil
}

// Task (待办) is something that a colleague is to do, with a day but no ringing.
type Task struct {
	ID         TaskID
	UserID     UserID
	CreatedBy  UserID
	CustomerID CustomerID
	Content    string
	Due        *time.Time // the day, midnight UTC of that day
	TicketID   TicketID   // the ticket that it is a part of; 0 is none
	State      string
	Version    int
}
