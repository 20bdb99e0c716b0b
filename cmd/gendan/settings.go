package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"

	"gendan/crm"
)

// settings is everything that the environment may say, read once.
type settings struct {
	DatabaseURL, ReplicaURL, RedisURL string
	DataDir, Listen, KeyFile, Pack    string
	Zone                              *time.Location
	LogLevel                          zapcore.Level

	WeComCorpID, WeComSecret, WeComToken, WeComAESKey string
	WeComAgentID                                      int
	WeComBotID, WeComBotSecret, WeComBotName          string
	WeComAPIURL, WeComWSURL                           string
	WeComKF                                           []string // open_kfid of each customer service account

	DingTalkClientID, DingTalkClientSecret, DingTalkRobotCode, DingTalkCardTemplate, DingTalkRobotName string
	DingTalkAPIURL, DingTalkOAPIURL                                                                    string

	URL, Company             string
	CaptureKeys              map[string]string // by source
	SMTPURL, IMAPURL, SMSURL string

	LLMURL, LLMModel, LLMKey string
	LLMPerHour, LLMPerDay    int
}

// setting is one environment variable: where it goes and what it means.
type setting struct {
	name, def, doc string
	secret         bool
	set            func(*settings, string) error
}

// allSettings lists the environment variables in the order in which help prints them.
var allSettings = []setting{
	text("DATABASE_URL", "", "Postgres 15 or later; empty starts a private one in the data folder", func(s *settings) *string { return &s.DatabaseURL }).hidden(),
	text("DATABASE_REPLICA_URL", "", "read replica for reports", func(s *settings) *string { return &s.ReplicaURL }).hidden(),
	text("REDIS_URL", "", "Redis 6.2 or later; empty starts a private one, and without redis-server Postgres does its work", func(s *settings) *string { return &s.RedisURL }).hidden(),
	text("GENDAN_DATA_DIR", "./data", "private servers, keys, uploads", func(s *settings) *string { return &s.DataDir }),
	text("GENDAN_LISTEN", "127.0.0.1:8080", "console, callbacks, API", func(s *settings) *string { return &s.Listen }).checked(checkListen),
	text("GENDAN_KEY_FILE", "", "master key; empty is master.key in the data folder, made on first start", func(s *settings) *string { return &s.KeyFile }),
	{name: "GENDAN_TZ", def: "Asia/Shanghai", doc: "company zone", set: setZone},
	text("GENDAN_URL", "", "address of this service as customers reach it, such as https://crm.example.com: for links in surveys; empty: no links", func(s *settings) *string { return &s.URL }).checked(checkURL("http", "https")),
	text("GENDAN_COMPANY", "", "the company's name on the pages and mails that customers read", func(s *settings) *string { return &s.Company }),
	setting{name: "GENDAN_CAPTURE_KEYS", doc: "who may hand in tickets and leads at /api/v1: source=secret, several with commas, secrets of 16 characters or more", set: setCapture}.hidden(),
	text("GENDAN_PACK", "default", "industry pack", func(s *settings) *string { return &s.Pack }),
	{name: "GENDAN_LOG", def: "info", doc: "log level: debug, info, warn, error", set: setLevel},
	text("WECOM_CORP_ID", "", "企业 ID, for the self-built app", func(s *settings) *string { return &s.WeComCorpID }),
	{name: "WECOM_AGENT_ID", doc: "AgentId of the self-built app", set: setAgent},
	text("WECOM_SECRET", "", "Secret of the self-built app", func(s *settings) *string { return &s.WeComSecret }).hidden(),
	text("WECOM_TOKEN", "", "Token of the app's callback", func(s *settings) *string { return &s.WeComToken }).hidden(),
	text("WECOM_AES_KEY", "", "EncodingAESKey of the app's callback, 43 characters", func(s *settings) *string { return &s.WeComAESKey }).hidden(),
	text("WECOM_BOT_ID", "", "Bot ID of the AI bot (智能机器人) in long-connection mode", func(s *settings) *string { return &s.WeComBotID }),
	text("WECOM_BOT_SECRET", "", "Secret of the AI bot", func(s *settings) *string { return &s.WeComBotSecret }).hidden(),
	text("WECOM_BOT_NAME", "", "the AI bot's name as people mention it; needed when it has a blank in it", func(s *settings) *string { return &s.WeComBotName }),
	{name: "WECOM_KF_ID", doc: "open_kfid of the customer service account (微信客服) bound to the app; several with commas", set: setKF},
	text("WECOM_API_URL", "", "another host for private deployments and simulators", func(s *settings) *string { return &s.WeComAPIURL }).checked(checkURL("http", "https")),
	text("WECOM_WS_URL", "", "another host for the long connection", func(s *settings) *string { return &s.WeComWSURL }).checked(checkURL("ws", "wss")),
	text("DINGTALK_CLIENT_ID", "", "Client ID (AppKey) of the internal app", func(s *settings) *string { return &s.DingTalkClientID }),
	text("DINGTALK_CLIENT_SECRET", "", "Client Secret (AppSecret)", func(s *settings) *string { return &s.DingTalkClientSecret }).hidden(),
	text("DINGTALK_ROBOT_CODE", "", "RobotCode; empty is the Client ID", func(s *settings) *string { return &s.DingTalkRobotCode }),
	text("DINGTALK_ROBOT_NAME", "", "the robot's name as people mention it; lets groups have links to tap", func(s *settings) *string { return &s.DingTalkRobotName }),
	text("DINGTALK_CARD_TEMPLATE", "", "id of the published card template; empty shows cards as Markdown with links", func(s *settings) *string { return &s.DingTalkCardTemplate }),
	text("DINGTALK_API_URL", "", "another host for the new API", func(s *settings) *string { return &s.DingTalkAPIURL }).checked(checkURL("http", "https")),
	text("DINGTALK_OAPI_URL", "", "another host for the legacy API", func(s *settings) *string { return &s.DingTalkOAPIURL }).checked(checkURL("http", "https")),
	text("SMTP_URL", "", "mail out: smtps://user:password@host:465 or smtp://user:password@host:587?from=service@example.com", func(s *settings) *string { return &s.SMTPURL }).hidden().checked(checkURL("smtp", "smtps")),
	text("IMAP_URL", "", "mail in: imaps://user:password@host:993/INBOX?every=30s", func(s *settings) *string { return &s.IMAPURL }).hidden().checked(checkURL("imap", "imaps")),
	text("SMS_URL", "", "SMS gateway, https://key:secret@host/path, or Aliyun's: aliyun://key:secret@dysmsapi.aliyuncs.com/?sign=…&template=…; see docs/doors.md", func(s *settings) *string { return &s.SMSURL }).hidden().checked(checkURL("http", "https", "aliyun", "aliyun+http")),
	text("LLM_URL", "", "an OpenAI-compatible API such as https://api.example.com/v1; empty: no language model", func(s *settings) *string { return &s.LLMURL }).checked(checkURL("http", "https")),
	text("LLM_MODEL", "", "the model's name there", func(s *settings) *string { return &s.LLMModel }),
	text("LLM_KEY", "", "its key, where it wants one", func(s *settings) *string { return &s.LLMKey }).hidden(),
	{name: "LLM_BUDGET", def: "30,2000", doc: "questions to the model: of one person an hour, of all a day", set: setBudget},
}

func text(name, def, doc string, at func(*settings) *string) setting {
	return setting{name: name, def: def, doc: doc, set: func(s *settings, v string) error {
		*at(s) = v
		return nil
	}}
}

// hidden marks a secret: it prints as ***, and NAME_FILE may name a file that holds it.
func (d setting) hidden() setting {
	d.secret = true
	return d
}

func (d setting) checked(check func(string) error) setting {
	set := d.set
	d.set = func(s *settings, v string) error {
		if v != "" {
			if err := check(v); err != nil {
				return err
			}
		}
		return set(s, v)
	}
	return d
}

// readSettings reads the environment in one pass and names everything that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	var (
		s        settings
		problems []error
	)
	for _, d := range allSettings {
		v := getenv(d.name)
		if v == "" && d.secret {
			if file := getenv(d.name + "_FILE"); file != "" {
				b, err := os.ReadFile(file)
				if err != nil {
					problems = append(problems, fmt.Errorf("%s_FILE: %w", d.name, err))
				}
				v = strings.TrimSpace(string(b))
			}
		}
		if v == "" {
			v = d.def
		}
		if err := d.set(&s, v); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", d.name, err))
		}
	}
	for _, pair := range []struct{ a, b, names string }{
		{s.WeComBotID, s.WeComBotSecret, "WECOM_BOT_ID and WECOM_BOT_SECRET"},
		{s.WeComCorpID, s.WeComSecret, "WECOM_CORP_ID and WECOM_SECRET"},
		{s.WeComToken, s.WeComAESKey, "WECOM_TOKEN and WECOM_AES_KEY"},
		{s.DingTalkClientID, s.DingTalkClientSecret, "DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET"},
		{s.LLMURL, s.LLMModel, "LLM_URL and LLM_MODEL"},
	} {
		if (pair.a == "") != (pair.b == "") {
			problems = append(problems, errors.New(pair.names+" go together: set both or none"))
		}
	}
	if len(s.WeComKF) > 0 && s.WeComSecret == "" {
		problems = append(problems, errors.New("WECOM_KF_ID needs the app that the account is bound to: WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_SECRET"))
	}
	if s.KeyFile == "" {
		s.KeyFile = filepath.Join(s.DataDir, "master.key")
	}
	return s, errors.Join(problems...)
}

// describeSettings is the list that `gendan serve --help` prints.
func describeSettings() string {
	var b strings.Builder
	for _, d := range allSettings {
		fmt.Fprintf(&b, "  %-24s %s", d.name, d.doc)
		if d.def != "" {
			fmt.Fprintf(&b, " (%s)", d.def)
		}
		if d.secret {
			fmt.Fprintf(&b, "; or %s_FILE", d.name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func setZone(s *settings, v string) (err error) {
	if v == "Asia/Shanghai" { // needs no zone files
		s.Zone = crm.Shanghai
		return nil
	}
	s.Zone, err = time.LoadLocation(v)
	return err
}

func setLevel(s *settings, v string) error { return s.LogLevel.UnmarshalText([]byte(v)) }

func setAgent(s *settings, v string) (err error) {
	if v != "" {
		s.WeComAgentID, err = strconv.Atoi(v)
	}
	return err
}

func setKF(s *settings, v string) error {
	s.WeComKF = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '，' || r == ' ' })
	return nil
}

func setCapture(s *settings, v string) error {
	s.CaptureKeys = map[string]string{}
	for one := range strings.SplitSeq(v, ",") {
		source, key, ok := strings.Cut(strings.TrimSpace(one), "=")
		if one == "" && v == "" {
			break
		}
		if !ok || source == "" || len(key) < 16 {
			return errors.New("write source=secret, several with commas; a secret has 16 characters or more")
		}
		s.CaptureKeys[source] = key
	}
	return nil
}

func setBudget(s *settings, v string) error {
	hour, day, ok := strings.Cut(v, ",")
	var err1, err2 error
	s.LLMPerHour, err1 = strconv.Atoi(strings.TrimSpace(hour))
	s.LLMPerDay, err2 = strconv.Atoi(strings.TrimSpace(day))
	if !ok || err1 != nil || err2 != nil || s.LLMPerHour < 1 || s.LLMPerDay < 1 {
		return fmt.Errorf("%q is no budget: write two numbers such as 30,2000", v)
	}
	return nil
}

func checkListen(v string) error {
	_, _, err := net.SplitHostPort(v)
	return err
}

func checkURL(schemes ...string) func(string) error {
	return func(v string) error {
		u, err := url.Parse(v)
		if err != nil {
			return err
		}
		for _, s := range schemes {
			if u.Scheme == s && u.Host != "" {
				return nil
			}
		}
		return fmt.Errorf("%q is no %s address", v, strings.Join(schemes, " or "))
	}
}
