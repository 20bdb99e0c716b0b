package bot

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/action"
)

// guestLinkWords say whose customer a WeChat customer is: 这个微信客户是云帆的王强, #1024 的微信客户是云帆.
var guestLinkWords = regexp.MustCompile(`^(?:#?(\d{4,12})\s*号?(?:工单)?(?:的|上的)?|这个|这位|该|那个|刚才(?:的|那个)?)?(?:工单(?:的|上的)?)?(?:微信客户|微信上的客户|微信访客|访客|微信号|客服里的客户|微信那位)(?:就|其实|应该)?(?:是|属于|来自)(.{2,40})$`)

// guestTicketWords say it of a ticket's number alone: 1290 是云帆的王强.
var guestTicketWords = regexp.MustCompile(`^[#＃]?(\d{4,12})\s*号?(?:工单)?\s*(?:的?客户)?(?:就|其实)?是\s*(.{2,30}的\S{2,8})$`)

// guestInviteWords ask for the customer's own link to the customers' door.
var guestInviteWords = regexp.MustCompile(`^(?:给|把|要|生成|发)?(.{2,30}?)的?(?:专属)?(?:微信)?客服链接$`)

// guestCommand reads what colleagues say of a customer at the customers' door.
func (t *turn) guestCommand(text string) (handled bool, err error) {
	text = strings.TrimRight(strings.TrimSpace(text), "。！!？? ")
	if m := guestInviteWords.FindStringSubmatch(text); m != nil {
		return true, t.run(pending{Calls: []action.Call{{Name: "guest.invite", Params: mustJSON(map[string]any{"customer": m[1]})}}, Text: text, Sure: true}, 1)
	}
	m := guestLinkWords.FindStringSubmatch(text)
	if m == nil {
		if m, err = t.guestOfTicket(text); err != nil {
			return false, err
		}
	}
	if m == nil {
		return t.contactCommand(text)
	}
	params := map[string]any{"customer": m[2]}
	if i := strings.LastIndex(m[2], "的"); i > 0 && i+len("的") < len(m[2]) {
		params["customer"], params["contact"] = m[2][:i], m[2][i+len("的"):]
	}
	if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
		params["ticket"] = n
	}
	return true, t.run(pending{Calls: []action.Call{{Name: "guest.link", Params: mustJSON(params)}}, Text: text}, 1)
}

// guestOfTicket reads a text that says whose customer wrote a ticket; nil when it does not, or no customer at the customers'
// door wrote it.
func (t *turn) guestOfTicket(text string) ([]string, error) {
	m := guestTicketWords.FindStringSubmatch(text)
	if m == nil {
		return nil, nil
	}
	id, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return nil, nil
	}
	row, err := t.tx.TicketByID(t.ctx, crm.TicketID(id))
	if errors.Is(err, crm.ErrNotFound) || err == nil && row.GuestID == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("whose ticket: %w", err)
	}
	return m, nil
}
