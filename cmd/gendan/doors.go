package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"gendan/adapters/httpapi"
	"gendan/adapters/mail"
	"gendan/adapters/sms"
	"gendan/bot"
	"gendan/crm"
	"gendan/crm/action"
)

// surveyDoors are the ways by which customers can be asked with these settings.
func (sv *service) surveyDoors() action.SurveyDoors {
	s := sv.settings
	return action.SurveyDoors{Link: s.URL, SMS: s.SMSURL != "", Mail: s.SMTPURL != "", Kf: len(s.WeComKF) > 0}
}

// openDoors makes the door for programs and for customers' browsers.
func (sv *service) openDoors(actions *action.Executor) error {
	s := sv.settings
	door, err := httpapi.New(httpapi.Config{
		Run: actions.Run, Preview: actions.Preview, Person: sv.servers.store.UserByToken, Derive: sv.servers.store.Keys().Index,
		CaptureKeys: s.CaptureKeys, Company: s.Company, Now: sv.clock.Now, Log: sv.log.Named("http"),
	})
	if err != nil {
		return fmt.Errorf("GENDAN_CAPTURE_KEYS: %w", err)
	}
	sv.door = door
	return nil
}

// openPost makes the doors by mail and SMS, and tells how customers know us there.
func (sv *service) openPost(actions *action.Executor, alone mail.Elector) (bot.Outside, error) {
	s, out := sv.settings, bot.Outside{Company: sv.settings.Company, MailHost: "gendan.invalid"}
	if s.SMTPURL != "" || s.IMAPURL != "" {
		m, err := mail.New(mail.Config{SMTPURL: s.SMTPURL, IMAPURL: s.IMAPURL, Company: s.Company, Elector: alone, Now: sv.clock.Now, Log: sv.log.Named("mail"),
			Take: func(ctx context.Context, in mail.In) error { return takeMail(ctx, actions, in, sv) }})
		if err != nil {
			return out, err
		}
		if host := m.Host(); host != "" {
			out.MailHost = host
		}
		sv.adapters = append(sv.adapters, m)
	}
	if s.SMSURL != "" {
		a, err := sms.New(sms.Config{URL: s.SMSURL, Now: sv.clock.Now, Count: sv.servers.store,
			Take: func(ctx context.Context, in sms.In) error { return takeSMS(ctx, actions, in, sv) },
			Told: func(ctx context.Context, r sms.Receipt) error {
				return sv.servers.store.SMSReceipt(ctx, r.Key, r.OK, r.Code)
			}})
		if err != nil {
			return out, err
		}
		sv.texts = a.Callback()
		sv.adapters = append(sv.adapters, a)
	}
	return out, nil
}

// takeSMS hears what a customer answered to a text message. The same answer again changes nothing.
func takeSMS(ctx context.Context, actions *action.Executor, in sms.In, sv *service) error {
	key := hex.EncodeToString(sv.servers.store.Keys().Index("sms.id", in.From+" "+in.ID))
	params, err := json.Marshal(action.SMSReceived{From: in.From, Content: in.Text, Message: key})
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	who := crm.System
	who.Name = crm.GuestActor
	_, err = actions.Run(ctx, action.Request{Actor: who, Via: "sms", Key: "sms:" + key, Now: sv.clock.Now().UTC(), Calls: []action.Call{{Name: "sms.received", Params: params}}})
	var no *crm.Refusal
	if errors.As(err, &no) { // a number or words that nobody can do anything with
		sv.log.Info("sms: answer not taken", zap.Error(err))
		return nil
	}
	return err
}

// takeMail makes a ticket, or a word to one, of a mail. The same mail again gives the same receipt.
func takeMail(ctx context.Context, actions *action.Executor, in mail.In, sv *service) error {
	params, err := json.Marshal(action.MailReceived{From: in.From, Name: in.Name, Subject: in.Subject, Content: in.Text, Message: in.ID,
		References: in.References, Ticket: crm.TicketID(in.Ticket), Files: in.Files, Authentic: in.Authentic})
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	who := crm.System
	who.Name = crm.GuestActor + " " + in.Name
	out, err := actions.Run(ctx, action.Request{Actor: who, Via: "mail", Key: sv.servers.store.Keys().MailKey(in.ID), Now: sv.clock.Now().UTC(),
		Calls: []action.Call{{Name: "mail.received", Params: params}}})
	var no *crm.Refusal
	if errors.As(err, &no) || err == nil && (out.Ask != nil || out.Pick != nil) {
		return fmt.Errorf("%w: %w", mail.ErrRefused, errors.Join(err, crm.ErrInvalid))
	}
	return err
}
