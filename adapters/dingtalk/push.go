package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gendan/bot/chat"
)

// The robot's two send APIs.
const (
	pathToPeople = "/v1.0/robot/oToMessages/batchSend"
	pathToGroup  = "/v1.0/robot/groupMessages/send"
)

// maxParam is the longest msgParam, bytes.
const maxParam = 15000

// push sends one message by the robot's OpenAPI: msgKey names its kind, param its fields. The id is the processQueryKey.
func (a *Adapter) push(ctx context.Context, to address, msgKey string, param map[string]string) (chat.MessageID, error) {
	p, err := json.Marshal(param)
	if err != nil {
		return "", fmt.Errorf("msgParam: %w", err)
	}
	if len(p) > maxParam {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "tooLong", Err: fmt.Errorf("dingtalk: msgParam of %d bytes", len(p))}
	}
	switch {
	case to.group != "":
		return a.pushToGroup(ctx, to.group, msgKey, string(p))
	case to.user != "":
		return a.pushToPerson(ctx, to.user, msgKey, string(p))
	}
	return "", &chat.SendError{Fault: chat.Unreached, Code: "noStaffId", Err: errors.New("dingtalk: no webhook and no staff id")}
}

func (a *Adapter) pushToGroup(ctx context.Context, group, msgKey, msgParam string) (chat.MessageID, error) {
	var out struct {
		ProcessQueryKey string `json:"processQueryKey"`
	}
	in := map[string]any{"robotCode": a.cfg.RobotCode, "openConversationId": group, "msgKey": msgKey, "msgParam": msgParam}
	if err := a.call(ctx, http.MethodPost, pathToGroup, in, &out); err != nil {
		return "", err
	}
	return chat.MessageID(out.ProcessQueryKey), nil
}

// pushToPerson sends to one person. The answer is 200 even when nothing is delivered: the lists tell.
func (a *Adapter) pushToPerson(ctx context.Context, user, msgKey, msgParam string) (chat.MessageID, error) {
	var out struct {
		ProcessQueryKey string   `json:"processQueryKey"`
		Invalid         []string `json:"invalidStaffIdList"`
		FlowControlled  []string `json:"flowControlledStaffIdList"`
	}
	in := map[string]any{"robotCode": a.cfg.RobotCode, "userIds": []string{user}, "msgKey": msgKey, "msgParam": msgParam}
	if err := a.call(ctx, http.MethodPost, pathToPeople, in, &out); err != nil {
		return "", err
	}
	switch {
	case len(out.Invalid) > 0:
		return "", &chat.SendError{Fault: chat.Unreached, Code: "invalidStaffId",
			Err:    errors.New("dingtalk: person left or is outside the application's visible range"),
			Advice: "有同事收不到钉钉消息：此人可能已离职，或不在应用的可见范围内，请到管理后台调整应用可见范围。"}
	case len(out.FlowControlled) > 0:
		return "", &chat.SendError{Fault: chat.Retry, After: jitter(5 * time.Second), Code: "flowControlledStaffId",
			Err: errors.New("dingtalk: too many messages to this person")}
	}
	return chat.MessageID(out.ProcessQueryKey), nil
}
