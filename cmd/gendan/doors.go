package main

import (
	"fmt"

	"gendan/adapters/httpapi"
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
