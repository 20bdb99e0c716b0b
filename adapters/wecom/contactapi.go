package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/externalcontact"
)

// What the SDK gets right goes through it: members with the feature, one contact, tasks and their results, reminders. The
// rest is our own calls:
//   - add_msg_template, send_welcome_msg: see [contactBody];
//   - batch/get_by_user: the SDK reads the object external_profile as text, which fails the whole page, knows no state of a
//     follow and drops fail_info;
//   - get_groupmsg_list_v2: it is asked for the text only.

// pagesMost ends a reading whose cursor never does.
const pagesMost = 10_000

// errEndless means that a cursor led in a circle.
var errEndless = errors.New("wecom: contact: the platform's pages have no end")

// contacts runs a call of the SDK's client.
func (a *api) contacts(ctx context.Context, path string, call func(c *externalcontact.Client) error) error {
	err := a.sdk(ctx, func(c *workcontext.Context) error { return call(externalcontact.NewClient(c)) })
	var refused *APIError
	if errors.As(err, &refused) && refused.Path == "sdk" {
		refused.Path = "externalcontact/" + path
	}
	return err
}

// groupMessage is an entry of get_groupmsg_list_v2.
type groupMessage struct {
	ID   string `json:"msgid"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
}

// groupMessages lists the group sends that were made by the API between the two times, at most a month.
func (a *api) groupMessages(ctx context.Context, from, to time.Time) (all []groupMessage, err error) {
	cursor := ""
	for range pagesMost {
		var page struct {
			List []groupMessage `json:"group_msg_list"`
			Next string         `json:"next_cursor"`
		}
		err := a.call(ctx, "externalcontact/get_groupmsg_list_v2", nil, map[string]any{
			"chat_type": "single", "start_time": from.Unix(), "end_time": to.Unix(), "filter_type": 0, "limit": 100, "cursor": cursor,
		}, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page.List...)
		if page.Next == "" || page.Next == cursor {
			return all, nil
		}
		cursor = page.Next
	}
	return nil, errEndless
}

// groupTask tells whether user has confirmed the task, and when; known is false when it is none of theirs.
func (a *api) groupTask(ctx context.Context, id, user string) (sent, known bool, at time.Time, err error) {
	cursor := ""
	for range pagesMost {
		var page *externalcontact.GetGroupMsgTaskResponse
		err = a.contacts(ctx, "get_groupmsg_task", func(c *externalcontact.Client) (err error) {
			page, err = c.GetGroupMsgTask(&externalcontact.GetGroupMsgTaskRequest{MsgID: id, Limit: 1000, Cursor: cursor})
			return err
		})
		if err != nil {
			return false, false, at, err
		}
		for _, t := range page.TaskList {
			if t != nil && t.UserID == user {
				return t.Status == 2, true, time.Unix(int64(t.SendTime), 0).UTC(), nil
			}
		}
		if page.NextCursor == "" || page.NextCursor == cursor {
			return false, false, at, nil
		}
		cursor = page.NextCursor
	}
	return false, false, at, errEndless
}

// groupSent is what became of a task for one customer.
type groupSent struct {
	status int // 0 not sent, 1 sent, 2 no contact any more, 3 over the month's share
	at     time.Time
}

// groupResult tells what became of user's part of a task, by customer.
func (a *api) groupResult(ctx context.Context, id, user string) (found map[string]groupSent, err error) {
	found = map[string]groupSent{}
	cursor := ""
	for range pagesMost {
		var page *externalcontact.GetGroupMsgSendResultResponse
		err = a.contacts(ctx, "get_groupmsg_send_result", func(c *externalcontact.Client) (err error) {
			page, err = c.GetGroupMsgSendResult(&externalcontact.GetGroupMsgSendResultRequest{MsgID: id, UserID: user, Limit: 1000, Cursor: cursor})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, s := range page.SendList {
			if s != nil {
				found[s.ExternalUserID] = groupSent{s.Status, time.Unix(int64(s.SendTime), 0).UTC()}
			}
		}
		if page.NextCursor == "" || page.NextCursor == cursor {
			return found, nil
		}
		cursor = page.NextCursor
	}
	return nil, errEndless
}

// followers lists the members who have customer contact.
func (a *api) followers(ctx context.Context) (users []string, err error) {
	err = a.contacts(ctx, "get_follow_user_list", func(c *externalcontact.Client) (err error) {
		users, err = c.GetFollowUserList()
		return err
	})
	return users, err
}

// contactRow is a row of batch/get_by_user.
type contactRow struct {
	Contact struct {
		ID       string `json:"external_userid"`
		Name     string `json:"name"`
		UnionID  string `json:"unionid"`
		Company  string `json:"corp_name"`
		Position string `json:"position"`
	} `json:"external_contact"`
	Follow contactFollow `json:"follow_info"`
}

// contactFollow is what a member has of a customer.
type contactFollow struct {
	UserID  string   `json:"userid"`
	Remark  string   `json:"remark"`
	Since   int64    `json:"createtime"`
	Company string   `json:"remark_corp_name"`
	Mobiles []string `json:"remark_mobiles"`
	Way     int64    `json:"add_way"`
	State   string   `json:"state"`
	Channel struct {
		Nickname string `json:"nickname"`
	} `json:"wechat_channels"`
}

// contactPage is one page of the contacts of at most 100 members.
func (a *api) contactPage(ctx context.Context, users []string, cursor string) (rows []contactRow, next string, unlicensed []string, err error) {
	var page struct {
		List []contactRow `json:"external_contact_list"`
		Next string       `json:"next_cursor"`
		Fail struct {
			Unlicensed []string `json:"unlicensed_userid_list"`
		} `json:"fail_info"`
	}
	err = a.call(ctx, "externalcontact/batch/get_by_user", nil, map[string]any{"userid_list": users, "cursor": cursor, "limit": 100}, &page)
	return page.List, page.Next, page.Fail.Unlicensed, err
}

// oneContact reads what user has of a customer; ok is false when the customer is none of their contacts.
func (a *api) oneContact(ctx context.Context, user, customer string) (row contactRow, tags []string, ok bool, err error) {
	cursor := ""
	for range pagesMost {
		var page *externalcontact.ExternalUserDetailResponse
		err = a.contacts(ctx, "get", func(c *externalcontact.Client) (err error) {
			page, err = c.GetExternalUserDetail(url.QueryEscape(customer), url.QueryEscape(cursor))
			return err
		})
		if err != nil {
			return row, nil, false, err
		}
		who := page.ExternalContact
		for _, f := range page.FollowUser {
			if f.UserID != user {
				continue
			}
			row.Contact.ID, row.Contact.Name, row.Contact.UnionID = who.ExternalUserID, who.Name, who.UnionID
			row.Contact.Company, row.Contact.Position = who.CorpName, who.Position
			row.Follow = contactFollow{UserID: f.UserID, Remark: f.Remark, Since: f.CreateTime, Company: f.RemarkCorpName, Mobiles: f.RemarkMobiles,
				Way: f.AddWay, State: f.State}
			row.Follow.Channel.Nickname = f.WeChatChannels.NickName
			for _, t := range f.Tags {
				tags = append(tags, t.TagName)
			}
			return row, tags, true, nil
		}
		if page.NextCursor == "" || page.NextCursor == cursor {
			return row, nil, false, nil
		}
		cursor = page.NextCursor
	}
	return row, nil, false, fmt.Errorf("%w: followers of a customer", errEndless)
}

// remindGroupSend reminds those who have not confirmed a task.
func (a *api) remindGroupSend(ctx context.Context, id string) error {
	return a.contacts(ctx, "remind_groupmsg_send", func(c *externalcontact.Client) error {
		return c.RemindGroupMsgSend(&externalcontact.RemindGroupMsgSendRequest{MsgID: id})
	})
}

// stopGroupSend takes a task back from those who have not confirmed it.
func (a *api) stopGroupSend(ctx context.Context, id string) error {
	return a.contacts(ctx, "cancel_groupmsg_send", func(c *externalcontact.Client) error {
		return c.CancelGroupMsgSend(&externalcontact.CancelGroupMsgSendRequest{MsgID: id})
	})
}
