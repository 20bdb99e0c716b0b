package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"gendan/bot/chat"

	"github.com/silenceper/wechat/v2/work/config"
	"github.com/silenceper/wechat/v2/work/kf"
)

// What the SDK gets right goes through it: accounts, links, servicers, names. The rest is our own calls:
//   - sync_msg: the SDK loses the error's code and who of us wrote a message, and passes items through floats;
//   - service_state/get: it reads service_userid where the platform writes servicer_userid;
//   - send_msg, send_msg_on_event, service_state/trans: it escapes < and & of a text, and drops the code of an error
//     that it has no name for.

// kfPageBytes is how long an answer of sync_msg may be; a page that is longer is asked for in smaller pieces.
const kfPageBytes = 24 << 20

// errPageTooLong means that an answer was not read to its end.
var errPageTooLong = errors.New("wecom: kf/sync_msg: the page is too long")

// kfSync pulls the page at cursor. An empty token is allowed, at a lower rate.
func (a *api) kfSync(ctx context.Context, account, cursor, token string, limit int) (p kfPage, err error) {
	const path = "kf/sync_msg"
	in := map[string]any{"cursor": cursor, "limit": limit, "voice_format": 0, "open_kfid": account}
	if token != "" {
		in["token"] = token
	}
	body, err := json.Marshal(in)
	if err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	err = a.withToken(ctx, func(access string) error {
		resp, done, err := a.do(ctx, path, nil, access, body)
		if err != nil {
			return err
		}
		defer done()
		data, err := io.ReadAll(io.LimitReader(resp.Body, kfPageBytes+1))
		if err != nil {
			return fmt.Errorf("%s: answer: %w", path, err)
		}
		if len(data) > kfPageBytes {
			return errPageTooLong
		}
		p = kfPage{}
		return decodeAnswer(path, data, &p)
	})
	return p, err
}

// kfSend is kf/send_msg. The platform knows a msgid again and shows it once.
func (a *api) kfSend(ctx context.Context, account, customer, msgID, kind string, content any) error {
	return a.call(ctx, "kf/send_msg", nil, map[string]any{
		"touser": customer, "open_kfid": account, "msgid": msgID, "msgtype": kind, kind: content,
	}, nil)
}

// kfAnswer is kf/send_msg_on_event: what a code allows, once.
func (a *api) kfAnswer(ctx context.Context, code, msgID, kind string, content any) error {
	return a.call(ctx, "kf/send_msg_on_event", nil, map[string]any{"code": code, "msgid": msgID, "msgtype": kind, kind: content}, nil)
}

// The states of a session (service_state).
const (
	kfNew    = 0
	kfBot    = 1
	kfPool   = 2
	kfPerson = 3
	kfEnded  = 4
)

// kfState tells a session's state and, when a colleague has it, whose.
func (a *api) kfState(ctx context.Context, account, customer string) (state int, servicer string, err error) {
	var out struct {
		State    int    `json:"service_state"`
		Servicer string `json:"servicer_userid"`
	}
	err = a.call(ctx, "kf/service_state/get", nil, map[string]any{"open_kfid": account, "external_userid": customer}, &out)
	return out.State, out.Servicer, err
}

// kfMove changes a session's state and returns the code for one text to the customer, "" when there is none.
func (a *api) kfMove(ctx context.Context, account, customer string, state int, servicer string) (code string, err error) {
	in := map[string]any{"open_kfid": account, "external_userid": customer, "service_state": state}
	if servicer != "" {
		in["servicer_userid"] = servicer
	}
	var out struct {
		Code string `json:"msg_code"`
	}
	err = a.call(ctx, "kf/service_state/trans", nil, in, &out)
	return out.Code, err
}

// heldToken lends one token to the SDK's kf client, which insists on a cache.
type heldToken string

// Get returns the token for whatever key.
func (t heldToken) Get(string) any                       { return string(t) }
func (t heldToken) Set(string, any, time.Duration) error { return nil }
func (t heldToken) IsExist(string) bool                  { return true }
func (t heldToken) Delete(string) error                  { return nil }

// kfSDK runs a call of the SDK's kf client. call returns the errcode that it found in the answer.
func (a *api) kfSDK(ctx context.Context, path string, call func(c *kf.Client) (code int64, msg string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, 2*a.timeout)
	defer cancel()
	return a.withToken(ctx, func(token string) error {
		id, done := sdkRoutes().issue(ticket{ctx, a})
		defer done()
		c, err := kf.NewClient(&config.Config{CorpID: a.corp, Cache: heldToken(token + ticketMark + id)})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		code, msg, err := call(c)
		if code != 0 {
			return &APIError{Path: path, Code: int(code), Msg: scrub(msg)}
		}
		return scrubError(err)
	})
}

// KFAccount is a customer service account.
type KFAccount struct{ ID, Name string }

// Accounts lists the accounts that the app may serve, for the administrator.
func (k *KF) Accounts(ctx context.Context) (all []KFAccount, err error) {
	err = k.api.kfSDK(ctx, "kf/account/list", func(c *kf.Client) (int64, string, error) {
		info, err := c.AccountList()
		all = nil
		for _, one := range info.AccountList {
			all = append(all, KFAccount{one.OpenKFID, one.Name})
		}
		return info.ErrCode, info.ErrMsg, err
	})
	if err != nil {
		return nil, kfError(err)
	}
	return all, nil
}

// Link makes the address that a customer opens the chat with; scene, at most 32 letters, digits, - and _, comes back
// in the [chat.Entry] of those who do.
func (k *KF) Link(ctx context.Context, account, scene string) (link string, err error) {
	err = k.api.kfSDK(ctx, "kf/add_contact_way", func(c *kf.Client) (int64, string, error) {
		info, err := c.AddContactWay(kf.AddContactWayOptions{OpenKFID: account, Scene: scene})
		link = info.URL
		return info.ErrCode, info.ErrMsg, err
	})
	if err != nil {
		return "", kfError(err)
	}
	return link, nil
}

// OnDuty lists the colleagues who answer customers of account now: only they can be given a session. account is
// the part of a [chat.ConversationID] between "kf:" and "/", or a whole one.
func (k *KF) OnDuty(ctx context.Context, account string) (there []chat.PeerID, err error) {
	if a, _, ok := kfParties(account); ok {
		account = a
	}
	err = k.api.kfSDK(ctx, "kf/servicer/list", func(c *kf.Client) (int64, string, error) {
		info, err := c.ReceptionistList(account)
		there = nil
		for _, one := range info.ReceptionistList {
			if one.Status == 0 && one.UserID != "" {
				there = append(there, personID(one.UserID))
			}
		}
		return info.ErrCode, info.ErrMsg, err
	})
	if err != nil {
		return nil, kfError(err)
	}
	return there, nil
}

// kfNames asks who the customers are, at most 100. Those who were not active in the last 48 hours are missing.
func (a *api) kfNames(ctx context.Context, customers []string) (found map[string]kf.CustomerSchema, err error) {
	err = a.kfSDK(ctx, "kf/customer/batchget", func(c *kf.Client) (int64, string, error) {
		info, err := c.CustomerBatchGet(kf.CustomerBatchGetOptions{ExternalUserIDList: customers})
		found = map[string]kf.CustomerSchema{}
		for _, one := range info.CustomerList {
			found[one.ExternalUserID] = one
		}
		return info.ErrCode, info.ErrMsg, err
	})
	return found, err
}
