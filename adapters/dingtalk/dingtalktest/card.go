package dingtalktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Template is a card template of the console. The layout lives in the console only; the simulator shows
// the variables as they are and finds the buttons by [CardView]'s rules.
type Template struct {
	ID        string   `json:"id"`
	Published bool     `json:"published"`
	Variables []string `json:"variables,omitempty"` // names that the template knows; nil is any. Others are not shown
}

// AddTemplate makes a card template known, or replaces it.
func (s *Server) AddTemplate(t Template) {
	s.mu.Lock()
	s.templates[t.ID] = &t
	s.mu.Unlock()
}

// card is an interactive card. It is guarded by Server.mu.
type card struct {
	id           string // outTrackId
	template     string
	callbackType string
	idType       int               // 1 userId, 2 unionId
	data         map[string]string // public
	answered     map[string]string // public data of callback answers: the tapper sees it now, everybody at the next PUT
	tappers      map[string]bool   // who sees answered
	private      map[string]map[string]string
	places       []*place
	models       map[string]bool // space types with a space model
	waiting      int             // callbacks without an answer
	idle         chan struct{}   // closed when waiting falls to 0
	lastTap      *pending        // the newest callback, see Server.TapAgain
	lastTapper   string
	version      int
	streams      map[string]bool // guids of streaming updates done
}

// place is a chat that a card was delivered to.
type place struct {
	typ  string // IM_GROUP or IM_ROBOT
	id   string // openConversationId, or the userId
	chat string // conversation id
	sent string // carrierId
	only []string
}

// CardView is a card as one person sees it. The buttons of a card come from its data, in the way public
// templates do it: the variable "buttons" or "msgButtons", or "msgButtons" in the variable
// "sys_full_json_obj", holding a JSON array of objects with text, id (also key or actionId), and perhaps
// color or style, url, params, disabled; failing those, the variables btn1_text, btn1_id … btn9_text.
type CardView struct {
	OutTrackID string            `json:"outTrackId"`
	Template   string            `json:"template"`
	Data       map[string]string `json:"data"`    // public and the viewer's private variables
	Version    int               `json:"version"` // 1 at creation, one more with each change

	buttons []Button
}

func (c *card) view(user string) CardView {
	v := CardView{OutTrackID: c.id, Template: c.template, Data: maps.Clone(c.data), Version: c.version}
	if c.tappers[user] {
		maps.Copy(v.Data, c.answered)
	}
	maps.Copy(v.Data, c.private[user])
	v.buttons = buttonsOf(v.Data)
	return v
}

// text is what the card says below its title, a line each: body, note and status by the names that
// templates commonly give them.
func (v CardView) text() string {
	var lines []string
	for _, k := range []string{"markdown", "content", "msgContent", "text", "body", "body2", "body3", "note", "status"} {
		if t := v.Data[k]; t != "" {
			lines = append(lines, t)
		}
	}
	return strings.Join(lines, "\n")
}

func buttonsOf(data map[string]string) []Button {
	lists := []string{data["buttons"], data["msgButtons"]}
	var full struct {
		MsgButtons json.RawMessage `json:"msgButtons"`
	}
	if json.Unmarshal([]byte(data["sys_full_json_obj"]), &full) == nil {
		lists = append(lists, string(full.MsgButtons))
	}
	for _, list := range lists {
		var raw []map[string]any
		if list == "" || json.Unmarshal([]byte(list), &raw) != nil {
			continue
		}
		var out []Button
		for _, r := range raw {
			str := func(keys ...string) string {
				for _, k := range keys {
					if v, ok := r[k].(string); ok && v != "" {
						return v
					}
				}
				return ""
			}
			b := Button{ID: str("id", "key", "actionId"), Text: str("text", "label", "title"), Style: str("style", "color", "status"), URL: str("url")}
			b.Params, _ = r["params"].(map[string]any)
			b.Disabled = r["disabled"] == true || r["disabled"] == "true"
			out = append(out, b)
		}
		return out
	}
	var out []Button
	for i := 1; i <= 9; i++ {
		n := fmt.Sprintf("btn%d_", i)
		if data[n+"text"] != "" {
			out = append(out, Button{ID: data[n+"id"], Text: data[n+"text"], Style: data[n+"style"], URL: data[n+"url"], Disabled: data[n+"disabled"] == "true"})
		}
	}
	return out
}

// Card returns a card as a person sees it; user "" sees the public data only.
func (s *Server) Card(outTrackID, user string) (CardView, []Button, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cards[outTrackID]
	if c == nil {
		return CardView{}, nil, false
	}
	v := c.view(user)
	return v, v.buttons, true
}

// params is a cardParamMap on the wire; checked rather than decoded, as every value must be a string.
type params struct {
	CardParamMap map[string]any `json:"cardParamMap"`
}

// strings checks the map by the platform's rules.
func (p *params) strings() (map[string]string, *refusal) {
	out := map[string]string{}
	if p == nil {
		return out, nil
	}
	for k, v := range p.CardParamMap {
		text, ok := v.(string)
		switch {
		case !ok:
			return nil, bad("param.invalid", "cardParamMap.%s 的值不是字符串", k)
		case len(k) > 100:
			return nil, bad("param.invalid", "cardParamMap 的键超过 100 字节：%s", k)
		case len(text) > 1024:
			return nil, bad("param.invalid", "cardParamMap.%s 的值超过 1 KB", k)
		}
		out[k] = text
	}
	return out, nil
}

// person turns a user id of a card into a UserID. The caller holds s.mu.
func (s *Server) person(id string, idType int) (string, *refusal) {
	if idType == 2 {
		if u := s.byUnion[id]; u != "" {
			return u, nil
		}
	} else if s.people[id] != nil {
		return id, nil
	}
	return "", bad("param.userIdNotExist", "用户 %s 不存在", id)
}

// privateMaps checks the private data of a card. The caller holds s.mu.
func (s *Server) privateMaps(in map[string]*params, idType int) (map[string]map[string]string, *refusal) {
	out := map[string]map[string]string{}
	for id, p := range in {
		user, no := s.person(id, idType)
		if no != nil {
			return nil, no
		}
		if out[user], no = p.strings(); no != nil {
			return nil, no
		}
	}
	return out, nil
}

// newCard checks the fields that creation needs and makes the card. The caller holds s.mu.
func (s *Server) newCard(in *cardBody) (*card, *refusal) {
	switch {
	case in.CardTemplateID == "":
		return nil, bad("param.cardTemplateIdEmpty", "cardTemplateId 为空")
	case in.OutTrackID == "":
		return nil, bad("param.outTrackIdEmpty", "outTrackId 为空")
	case in.CardData == nil || in.CardData.CardParamMap == nil:
		return nil, bad("param.cardPublicDataEmpty", "cardData 为空")
	}
	t := s.templates[in.CardTemplateID]
	switch {
	case t == nil:
		return nil, bad("param.templateNotExist", "卡片模板不存在")
	case !t.Published:
		return nil, bad("param.templateUnpublished", "卡片模板未发布")
	case s.cards[in.OutTrackID] != nil:
		return nil, bad("param.cardAlreadyExist", "卡片已存在")
	}
	if in.CallbackType != "" && in.CallbackType != "STREAM" && in.CallbackType != "HTTP" {
		return nil, bad("param.invalid", "callbackType 只能是 STREAM 或 HTTP")
	}
	for typ, m := range map[string]*spaceModel{"imGroupOpenSpaceModel": in.GroupSpace, "imRobotOpenSpaceModel": in.RobotSpace} {
		if m != nil && m.SupportForward == nil {
			return nil, bad("param.openSpaceModelInvalid", "%s.supportForward 为空", typ)
		}
	}
	c := &card{id: in.OutTrackID, template: in.CardTemplateID, callbackType: in.CallbackType, idType: max(in.UserIDType, 1), version: 1,
		answered: map[string]string{}, tappers: map[string]bool{}, streams: map[string]bool{},
		models: map[string]bool{"IM_GROUP": in.GroupSpace != nil, "IM_ROBOT": in.RobotSpace != nil}}
	var no *refusal
	if c.data, no = in.CardData.strings(); no != nil {
		return nil, no
	}
	if c.private, no = s.privateMaps(in.PrivateData, c.idType); no != nil {
		return nil, no
	}
	for k := range c.data {
		if t.Variables != nil && !slices.Contains(t.Variables, k) {
			s.violation("card %s sets %s, which its template does not have: not shown", c.id, k)
			delete(c.data, k)
		}
	}
	return c, nil
}

// keepCard stores a card and forgets the oldest above the limit. The caller holds s.mu.
func (s *Server) keepCard(c *card) {
	s.cards[c.id] = c
	s.cardOrder = append(s.cardOrder, c.id)
	if len(s.cardOrder) > s.cfg.MaxCards {
		delete(s.cards, s.cardOrder[0])
		s.cardOrder = s.cardOrder[1:]
	}
}

// spaces takes an openSpaceId apart: dtv1.card//TYPE.id, several joined by semicolons.
func spaces(open string) ([]place, *refusal) {
	if open == "" {
		return nil, bad("param.openSpaceIdEmpty", "openSpaceId 为空")
	}
	rest, ok := strings.CutPrefix(open, "dtv1.card//")
	if !ok {
		return nil, bad("param.openSpaceIdInvalid", "openSpaceId 必须以 dtv1.card// 开头")
	}
	var out []place
	for part := range strings.SplitSeq(rest, ";") {
		part = strings.TrimPrefix(part, "dtv1.card//")
		if part == "" {
			continue
		}
		typ, id, ok := strings.Cut(part, ".")
		typ = strings.ToUpper(typ)
		if !ok || id == "" || typ != "IM_GROUP" && typ != "IM_ROBOT" {
			return nil, bad("param.openSpaceIdInvalid", "openSpaceId 不支持 %s", part)
		}
		out = append(out, place{typ: typ, id: id})
	}
	if len(out) == 0 {
		return nil, bad("param.openSpaceIdInvalid", "openSpaceId 没有场域")
	}
	return out, nil
}

// deliverTo checks the deliver models and shows the card in each space. The caller holds s.mu.
func (s *Server) deliverTo(c *card, to []place, in *cardBody) ([]map[string]any, *refusal) {
	for _, p := range to {
		switch {
		case p.typ == "IM_GROUP" && in.GroupDeliver == nil, p.typ == "IM_ROBOT" && in.RobotDeliver == nil:
			return nil, bad("param.openDeliverModelEmpty", "缺少 %s 的投放参数", p.typ)
		case p.typ == "IM_GROUP" && in.GroupDeliver.RobotCode == "":
			return nil, bad("param.openDeliverModelError", "imGroupOpenDeliverModel.robotCode 为空")
		case p.typ == "IM_ROBOT" && in.RobotDeliver.SpaceType != "IM_ROBOT":
			return nil, bad("param.openDeliverModelError", "imRobotOpenDeliverModel.spaceType 必须是 IM_ROBOT")
		}
	}
	var out []map[string]any
	for _, p := range to {
		r := map[string]any{"spaceType": p.typ, "spaceId": p.id, "success": false, "carrierId": "", "errorMsg": ""}
		chat, only, why := s.target(c, p, in)
		if why == "" && s.faultLocked(FaultDeliver, "", p.id) != nil {
			why = "system busy"
		}
		if why != "" {
			r["errorMsg"] = why
		} else {
			carrier := s.id("car")
			c.places = append(c.places, &place{p.typ, p.id, chat.id, carrier, only})
			v := c.view("")
			s.show(chat, &Bubble{ID: carrier, Key: carrier, At: s.now(), From: Robot, FromName: s.cfg.RobotName, MsgType: "card", Via: "card",
				Title: v.Data["title"], Text: v.text(), Card: &v, Buttons: v.buttons, AtUsers: in.CardAtUserIDs, only: only}, KindShown)
			s.keepSend(&sentMessage{key: carrier, at: s.now(), chats: []string{chat.id}, group: chat.group != nil, read: map[string]time.Time{}})
			r["success"], r["carrierId"] = true, carrier
		}
		out = append(out, r)
	}
	return out, nil
}

// target finds the chat of a space and who may see the card there, or says why it cannot be delivered.
// The caller holds s.mu.
func (s *Server) target(c *card, p place, in *cardBody) (chat *conversation, only []string, why string) {
	if p.typ == "IM_GROUP" {
		chat = s.chats[p.id]
		switch {
		case chat == nil || chat.group == nil:
			return nil, nil, "openConversationId not exist"
		case in.GroupDeliver.RobotCode != s.cfg.RobotCode:
			return nil, nil, "robotCode not exist"
		case chat.group.NoRobot:
			return nil, nil, "robot is not in group"
		}
		for _, id := range in.GroupDeliver.Recipients {
			user, no := s.person(id, c.idType)
			if no != nil {
				return nil, nil, no.message
			}
			only = append(only, user)
		}
		return chat, only, ""
	}
	user, no := s.person(p.id, c.idType)
	if no != nil {
		return nil, nil, no.message
	}
	if rc := in.RobotDeliver.RobotCode; rc != "" && rc != s.cfg.RobotCode {
		return nil, nil, "robotCode not exist"
	}
	if u := s.people[user]; u.Inactive || u.Hidden || u.External {
		return nil, nil, "user is not in the scope of the robot"
	}
	return s.direct(user), nil, ""
}
