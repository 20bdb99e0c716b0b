package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gendan/bot/chat"
)

// cardTap is the data of a card callback, as far as it matters.
type cardTap struct {
	outTrackID string
	user       string // staff id of who tapped
	button     string
	group      bool
	spaceID    string
}

// readTap reads the data of a frame of topic /v1.0/card/instances/callback. The pressed button stands in content, in
// older deliveries only in value.
func readTap(data []byte) (cardTap, error) {
	if len(data) > maxInbound {
		return cardTap{}, fmt.Errorf("card callback of %d bytes", len(data))
	}
	n, err := parseNode(data)
	if err != nil {
		return cardTap{}, fmt.Errorf("card callback: %w", err)
	}
	t := cardTap{outTrackID: n.at("outTrackId").str(), user: n.at("userId").str(), spaceID: n.at("spaceId").str(),
		group: strings.Contains(strings.ToUpper(n.at("spaceType").str()), "GROUP")}
	for _, part := range []node{n.at("content"), n.at("value")} {
		private := part.at("cardPrivateData")
		if ids := private.at("actionIds").list(); len(ids) > 0 && t.button == "" {
			t.button = ids[0].str()
		}
		t.button = first(t.button, private.at("params").at("button", "action").str())
		t.group = t.group || private.at("params").at("group").truth()
	}
	if t.outTrackID == "" || t.user == "" || t.button == "" {
		return cardTap{}, errors.New("card callback without card, person or button")
	}
	return t, nil
}

// message is the tap as the bot hears it. A repeated push of the frame has the same id; a second press is another
// message, which the bot meets with the card's state.
func (t cardTap) message(shown shownCard, frameID string, now time.Time) chat.Message {
	from := peer(t.user, "")
	m := chat.Message{
		Platform: Name, ID: "tap:" + frameID, From: from, SentAt: now.UTC(), Kind: chat.TapKind,
		Conversation: shown.Conversation, Group: shown.Group,
		Tap: &chat.Tap{Card: shown.Card, Button: t.button},
	}
	if frameID == "" {
		m.ID = fmt.Sprintf("tap:%s:%s:%s:%d", t.outTrackID, t.button, t.user, now.UnixMilli())
	}
	if m.Conversation == "" || !m.Group && m.From != shown.Asker {
		// A card that nobody here remembers: when its place is unknown too, the answer goes to the person alone.
		m.Group = t.group
		m.Conversation = conversation(m.Group, t.spaceID, from)
	}
	return m
}

// tapAnswer is the immediate answer to a tap. The asker sees that something happens; to anybody else nothing
// changes, since a stranger's tap must not make the card look taken; nor to a card that is over, pressed on a screen that
// was late.
func tapAnswer(shown shownCard, from chat.PeerID) string {
	if shown.Asker != from || shown.Status != "" {
		return `{"response":null}`
	}
	b, err := json.Marshal(map[string]any{"response": map[string]any{
		"cardUpdateOptions": map[string]bool{"updateCardDataByKey": true, "updatePrivateDataByKey": true},
		"cardData":          map[string]any{"cardParamMap": map[string]string{"status": stateWord(chat.Working)}},
	}})
	if err != nil {
		return `{"response":null}`
	}
	return string(b)
}
