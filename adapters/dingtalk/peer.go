package dingtalk

import (
	"strings"

	"gendan/bot/chat"
)

// isGroup reads conversationType; where it is missing, only groups have titles and mentions.
func isGroup(n node) bool {
	switch n.at("conversationType").str() {
	case "1":
		return false
	case "2":
		return true
	}
	return n.at("conversationTitle").str() != "" || len(n.at("atUsers").list()) > 0
}

// conversation names a group by its openConversationId and a 1:1 chat by its person, who is how one is addressed.
func conversation(group bool, id string, from chat.PeerID) chat.ConversationID {
	if group && id != "" {
		return chat.ConversationID(Name + ":g:" + id)
	}
	return chat.ConversationID(Name + ":p:" + strings.TrimPrefix(string(from), Name+":"))
}

// peer names a person by staff id. Somebody without one (an outsider, or the robot is not published yet) is
// "dingtalk:?" and the encrypted id, which names nobody whom we could know.
func peer(staff, encrypted string) chat.PeerID {
	switch {
	case staff != "":
		return chat.PeerID(Name + ":" + staff)
	case encrypted != "":
		return chat.PeerID(Name + ":?" + encrypted)
	}
	return ""
}

// mentions lists the people mentioned, without the robot: the texts themselves do not say who was meant.
func mentions(n node) []chat.PeerID {
	robot := n.at("chatbotUserId").str()
	var out []chat.PeerID
	for _, u := range n.at("atUsers").list() {
		id, staff := u.at("dingtalkId").str(), u.at("staffId").str()
		if staff == "" && (id == robot || robot == "") {
			continue
		}
		out = addPeer(out, peer(staff, id))
	}
	return out
}

func addPeer(to []chat.PeerID, p chat.PeerID) []chat.PeerID {
	for _, have := range to {
		if have == p {
			return to
		}
	}
	if p == "" {
		return to
	}
	return append(to, p)
}

// staffID is the platform's id in p, if p is a person of ours.
func staffID(p chat.PeerID) (string, bool) {
	id, ok := strings.CutPrefix(string(p), Name+":")
	if !ok || id == "" || strings.HasPrefix(id, "?") {
		return "", false
	}
	return id, true
}
