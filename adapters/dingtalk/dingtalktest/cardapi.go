package dingtalktest

import (
	"maps"
	"net/http"
	"time"
)

// cardBody holds the fields of all card calls.
type cardBody struct {
	CardTemplateID string             `json:"cardTemplateId"`
	OutTrackID     string             `json:"outTrackId"`
	CallbackType   string             `json:"callbackType"`
	UserIDType     int                `json:"userIdType"`
	CardData       *params            `json:"cardData"`
	PrivateData    map[string]*params `json:"privateData"`
	OpenSpaceID    string             `json:"openSpaceId"`
	GroupSpace     *spaceModel        `json:"imGroupOpenSpaceModel"`
	RobotSpace     *spaceModel        `json:"imRobotOpenSpaceModel"`
	GroupDeliver   *deliverModel      `json:"imGroupOpenDeliverModel"`
	RobotDeliver   *deliverModel      `json:"imRobotOpenDeliverModel"`
	CardAtUserIDs  []string           `json:"cardAtUserIds"`
	Options        updateOptions      `json:"cardUpdateOptions"`
}

type updateOptions struct {
	DataByKey    bool `json:"updateCardDataByKey"`
	PrivateByKey bool `json:"updatePrivateDataByKey"`
}

type spaceModel struct {
	SupportForward *bool `json:"supportForward"`
}

type deliverModel struct {
	RobotCode  string   `json:"robotCode"`
	SpaceType  string   `json:"spaceType"`
	Recipients []string `json:"recipients"`
}

func (s *Server) cardRoutes(m *http.ServeMux) {
	const scope = "Card.Instance.Write"
	s.api(m, "POST /v1.0/card/instances/createAndDeliver", scope, s.createAndDeliver)
	s.api(m, "POST /v1.0/card/instances", scope, s.createCard)
	s.api(m, "PUT /v1.0/card/instances", scope, s.updateCard)
	s.api(m, "POST /v1.0/card/instances/deliver", scope, s.deliverCard)
	s.api(m, "PUT /v1.0/card/instances/spaces", scope, s.addSpaces)
	s.api(m, "PUT /v1.0/card/streaming", "Card.Streaming.Write", s.streamCard)
}

func (s *Server) createAndDeliver(c *call) (any, *refusal) {
	var in cardBody
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, no := s.newCard(&in)
	if no != nil {
		return nil, no
	}
	to, no := spaces(in.OpenSpaceID)
	if no != nil {
		return nil, no
	}
	results, no := s.deliverTo(made, to, &in)
	if no != nil {
		return nil, no
	}
	s.keepCard(made)
	return map[string]any{"success": true, "result": map[string]any{"outTrackId": made.id, "deliverResults": results}}, nil
}

func (s *Server) createCard(c *call) (any, *refusal) {
	var in cardBody
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, no := s.newCard(&in)
	if no != nil {
		return nil, no
	}
	s.keepCard(made)
	return map[string]any{"success": true, "result": made.id}, nil
}

// known finds the card of a call. The caller holds s.mu.
func (s *Server) known(in *cardBody) (*card, *refusal) {
	if in.OutTrackID == "" {
		return nil, bad("param.outTrackIdEmpty", "outTrackId 为空")
	}
	made := s.cards[in.OutTrackID]
	if made == nil {
		return nil, bad("param.cardNotExist", "卡片不存在")
	}
	return made, nil
}

func (s *Server) deliverCard(c *call) (any, *refusal) {
	var in cardBody
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, no := s.known(&in)
	if no != nil {
		return nil, no
	}
	to, no := spaces(in.OpenSpaceID)
	if no != nil {
		return nil, no
	}
	for _, p := range to {
		if !made.models[p.typ] {
			return nil, bad("param.openSpaceModelInvalid", "spaces of card is empty")
		}
	}
	results, no := s.deliverTo(made, to, &in)
	if no != nil {
		return nil, no
	}
	return map[string]any{"success": true, "result": results}, nil
}

func (s *Server) addSpaces(c *call) (any, *refusal) {
	var in cardBody
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, no := s.known(&in)
	if no != nil {
		return nil, no
	}
	for typ, m := range map[string]*spaceModel{"IM_GROUP": in.GroupSpace, "IM_ROBOT": in.RobotSpace} {
		if m == nil {
			continue
		}
		if m.SupportForward == nil {
			return nil, bad("param.openSpaceModelInvalid", "supportForward 为空")
		}
		made.models[typ] = true
	}
	return map[string]any{"success": true, "result": true}, nil
}

// updateCard changes a card everywhere it was delivered. Without the ByKey options the data is replaced.
func (s *Server) updateCard(c *call) (any, *refusal) {
	var in cardBody
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.answersFirst(in.OutTrackID)
	s.mu.Lock()
	defer s.mu.Unlock()
	made, no := s.known(&in)
	if no != nil {
		return nil, no
	}
	data, no := in.CardData.strings()
	if no != nil {
		return nil, no
	}
	private, no := s.privateMaps(in.PrivateData, max(in.UserIDType, 1))
	if no != nil {
		return nil, no
	}
	if made.waiting > 0 {
		s.violation("card %s is updated while its callback is unanswered", made.id)
	}
	if in.CardData != nil {
		if in.Options.DataByKey {
			maps.Copy(made.data, made.answered)
			maps.Copy(made.data, data)
		} else {
			made.data = data
		}
		clear(made.answered)
		clear(made.tappers)
	}
	for user, m := range private {
		if in.Options.PrivateByKey && made.private[user] != nil {
			maps.Copy(made.private[user], m)
		} else {
			made.private[user] = m
		}
	}
	s.changed(made, "")
	return map[string]any{"success": true, "result": true}, nil
}

// answersFirst gives the answer of a callback that is already on its way over the WebSocket a moment to
// arrive, so that an update sent after it is not taken for one sent before it.
func (s *Server) answersFirst(outTrackID string) {
	s.mu.Lock()
	c := s.cards[outTrackID]
	if c == nil || c.waiting == 0 {
		s.mu.Unlock()
		return
	}
	idle := c.idle
	s.mu.Unlock()
	t := time.NewTimer(200 * time.Millisecond)
	defer t.Stop()
	select {
	case <-idle:
	case <-t.C:
	case <-s.done:
	}
}

// streamCard changes one variable of an AI card, whole or by appending.
func (s *Server) streamCard(c *call) (any, *refusal) {
	var in struct {
		OutTrackID string `json:"outTrackId"`
		GUID       string `json:"guid"`
		Key        string `json:"key"`
		Content    string `json:"content"`
		IsFull     bool   `json:"isFull"`
		IsFinalize bool   `json:"isFinalize"`
		IsError    bool   `json:"isError"`
	}
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, no := s.known(&cardBody{OutTrackID: in.OutTrackID})
	switch {
	case no != nil:
		return nil, no
	case in.GUID == "" || in.Key == "":
		return nil, bad("param.empty", "guid 或 key 为空")
	case made.callbackType != "STREAM":
		return nil, refuse(http.StatusInternalServerError, "unknownError", "未知错误")
	case len(in.Content) > 10<<10:
		return nil, bad("param.invalid", "content 过长")
	case made.streams[in.GUID]:
		return map[string]any{"success": true, "result": true}, nil
	}
	made.streams[in.GUID] = true
	if in.IsFull {
		made.data[in.Key] = in.Content
	} else {
		made.data[in.Key] += in.Content
	}
	switch {
	case in.IsError:
		made.data["flowStatus"] = "5"
	case in.IsFinalize:
		made.data["flowStatus"] = "3"
	default:
		made.data["flowStatus"] = "2"
	}
	s.changed(made, "")
	return map[string]any{"success": true, "result": true}, nil
}

// changed counts a change of the card and writes it down once for each chat it is in; only is the one
// person who sees it, "" is everybody. The caller holds s.mu.
func (s *Server) changed(c *card, only string) {
	c.version++
	v := c.view(only)
	at := s.now()
	for _, p := range c.places {
		chat := s.chats[p.chat]
		e := Entry{At: at, Kind: KindCard, User: chat.user, Conversation: chat.id, ID: c.id, Text: v.text(),
			Bubble: &Bubble{ID: c.id, At: at, From: Robot, FromName: s.cfg.RobotName, MsgType: "card", Title: v.Data["title"], Text: v.text(), Card: &v, Buttons: v.buttons}}
		if only != "" && chat.user == "" {
			e.User = only
		}
		s.log.add(e)
	}
}
