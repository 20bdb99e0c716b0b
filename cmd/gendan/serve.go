package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"gendan/adapters/dingtalk"
	"gendan/adapters/llm"
	"gendan/adapters/ocr"
	"gendan/adapters/wecom"
	"gendan/bot"
	"gendan/bot/chat"
	"gendan/bot/contacts"
	"gendan/bot/timer"
	"gendan/crm/action"
	"gendan/templates"
	"gendan/templates/messages"
)

func serveCommand(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(s.err)
	demo := flags.Bool("demo", false, "add the platform simulators, a demo company and the console at /")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "gendan serve runs the service.\n\nExample:\n  gendan serve --demo\n\nFlags:")
		flags.PrintDefaults()
		fmt.Fprintln(flags.Output(), "\nSettings (environment):\n"+describeSettings())
	}
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	set, err := readSettings(os.Getenv)
	if err != nil {
		return fail(s, err)
	}
	log, err := logger(set.LogLevel)
	if err != nil {
		return fail(s, err)
	}
	defer func() { _ = log.Sync() }()
	easeCollector()
	sv := &service{settings: set, log: log, clock: &clock{}, people: newDirectory()}
	ready := func(url string) { fmt.Fprintln(s.out, "gendan: ready "+url) }
	if err := sv.serve(ctx, *demo, ready); err != nil && ctx.Err() == nil {
		return fail(s, err)
	}
	return 0
}

// parseFlags parses args; when it is not ok the command ends with the code.
func parseFlags(flags *flag.FlagSet, args []string) (code int, ok bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0, false
	case err != nil:
		return 2, false
	}
	return 0, true
}

// service is everything that one serve process runs.
type service struct {
	settings settings
	log      *zap.Logger
	clock    *clock
	servers  *servers
	adapters []chat.Adapter
	callback http.Handler // of the WeCom app; nil without one
	texts    http.Handler // of the SMS gate; nil without one
	console  http.Handler // of the demo; nil without one
	door     http.Handler // the API, and what customers open in a browser
	alarm    *timer.Alarm
	people   directory
	pictures *ocr.Reader
	model    *llm.Client                   // nil without one
	later    []func(context.Context) error // what the demo does once the doors are open
}

// serve runs until ctx ends or something breaks for good. Parts stop in the order that loses nothing: doors
// first, then the bot with what it has in hand, then the servers.
func (sv *service) serve(ctx context.Context, demo bool, ready func(url string)) error {
	listener, err := net.Listen("tcp", sv.settings.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("GENDAN_LISTEN: another program (perhaps another gendan serve) listens on %s: stop it or choose another address", sv.settings.Listen)
	}
	if err != nil {
		return fmt.Errorf("GENDAN_LISTEN: %w", err)
	}
	defer listener.Close()
	if sv.servers, err = open(ctx, sv.settings, sv.log, sv.clock.Now, false); err != nil {
		return err
	}
	defer sv.servers.close()
	for _, line := range sv.servers.where {
		sv.log.Info(line)
	}
	if demo {
		if sv.settings.URL == "" {
			sv.settings.URL = "http://" + listener.Addr().String()
		}
		stop, err := sv.startDemo(ctx, listener.Addr().String())
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		defer stop()
	}
	b, err := sv.wire()
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.Run(gctx) })
	g.Go(func() error { return sv.alarm.Run(gctx) })
	g.Go(func() error { return sv.servers.store.Keep(gctx) })
	g.Go(func() error { return sv.syncPeople(gctx) })
	g.Go(func() error { return serveWeb(gctx, listener, sv.routes(gctx), sv.log) })
	for _, do := range sv.later {
		g.Go(func() error { return do(gctx) })
	}
	ready("http://" + listener.Addr().String())
	return g.Wait()
}

// wire makes the adapters and the bot.
func (sv *service) wire() (*bot.Bot, error) {
	s := sv.settings
	pack, err := templates.Load(s.Pack)
	if err != nil {
		return nil, fmt.Errorf("GENDAN_PACK: %w", err)
	}
	said, err := messages.Load()
	if err != nil {
		return nil, err
	}
	elector := sv.servers.store.Elector(sv.servers.redis)
	if s.WeComBotID != "" || s.WeComCorpID != "" {
		w, err := wecom.New(wecom.Config{
			CorpID: s.WeComCorpID, AgentID: s.WeComAgentID, Secret: s.WeComSecret, Token: s.WeComToken, AESKey: s.WeComAESKey,
			BotID: s.WeComBotID, BotSecret: s.WeComBotSecret, BotName: s.WeComBotName, APIURL: s.WeComAPIURL, WSURL: s.WeComWSURL,
			Log: sv.log.Named("wecom"), Redis: sv.servers.redis, Elector: elector, Now: sv.clock.Now,
		})
		if err != nil {
			return nil, err
		}
		sv.adapters = append(sv.adapters, w)
		sv.callback = w.Callback()
		if s.WeComSecret != "" && s.WeComAgentID != 0 {
			c, err := w.Contact(wecom.ContactConfig{Book: contacts.Book{Store: sv.servers.store}})
			if err != nil {
				return nil, err
			}
			sv.adapters = append(sv.adapters, c)
		}
		if len(s.WeComKF) > 0 {
			kf, err := w.KF(wecom.KFConfig{Accounts: s.WeComKF, Book: sv.servers.store})
			if err != nil {
				return nil, err
			}
			sv.adapters = append(sv.adapters, kf)
			if s.WeComAESKey == "" {
				sv.log.Warn("WECOM_KF_ID without WECOM_TOKEN and WECOM_AES_KEY: customers' messages are looked for every 30 s only")
			}
		}
	}
	if s.DingTalkClientID != "" {
		d, err := dingtalk.New(dingtalk.Config{
			ClientID: s.DingTalkClientID, ClientSecret: s.DingTalkClientSecret, RobotCode: s.DingTalkRobotCode, RobotName: s.DingTalkRobotName,
			CardTemplateID: s.DingTalkCardTemplate, APIURL: s.DingTalkAPIURL, OAPIURL: s.DingTalkOAPIURL,
			Log: sv.log.Named("dingtalk"), Redis: sv.servers.redis, Now: sv.clock.Now,
			OnDirectoryChange: sv.people.changed,
		})
		if err != nil {
			return nil, err
		}
		sv.adapters = append(sv.adapters, d)
	}
	if len(sv.adapters) == 0 {
		sv.log.Warn("no platform is set: give WECOM_BOT_ID and WECOM_BOT_SECRET, or DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET, or start with --demo")
	}
	sv.pictures = ocr.New(context.Background())
	if why := sv.pictures.Missing(); why != "" {
		sv.log.Warn(why)
	}
	var askModel bot.AskModel
	if s.LLMURL != "" {
		sv.model, err = llm.New(llm.Config{
			URL: s.LLMURL, Model: s.LLMModel, Key: s.LLMKey, PerHour: s.LLMPerHour, PerDay: s.LLMPerDay,
			Redis: sv.servers.redis, Now: sv.clock.Now, Log: sv.log.Named("llm"),
		})
		if err != nil {
			return nil, fmt.Errorf("LLM_URL: %w", err)
		}
		askModel = sv.model.Ask
	}
	sv.alarm = timer.New(sv.servers.store, sv.servers.redis, sv.clock.Now, sv.log.Named("timer"))
	surveys, err := pack.Survey()
	if err != nil {
		return nil, fmt.Errorf("GENDAN_PACK: %w", err)
	}
	reach, err := pack.Reach()
	if err != nil {
		return nil, fmt.Errorf("GENDAN_PACK: %w", err)
	}
	reach.Zone = s.Zone
	library, err := sv.library(pack.Name)
	if err != nil {
		return nil, err
	}
	actions := action.New(sv.servers.store, action.Config{Reach: &reach.ReachPolicy, Says: reach.Says, Company: s.Company, Library: library, Campaigns: templates.MustCampaigns(pack), Points: templates.MustPoints(pack), Churn: templates.MustChurn(pack), Field: templates.MustField(pack), Rules: templates.MustRules(pack), Journeys: templates.MustJourneys(pack), Service: pack.Service, Stages: pack.StageNames(), Surveys: surveys, Doors: sv.surveyDoors()})
	if err := keepRFM(actions, pack); err != nil {
		return nil, err
	}
	if err := sv.openDoors(actions); err != nil {
		return nil, err
	}
	outside, err := sv.openPost(actions, elector)
	if err != nil {
		return nil, err
	}
	return bot.New(bot.Config{
		Outside: outside,
		Store:   sv.servers.store, Actions: actions, Answers: library, Pack: pack, Messages: said,
		Adapters: sv.adapters, Log: sv.log.Named("bot"), Now: sv.clock.Now,
		ReadPicture: sv.pictures.Read, AskModel: askModel,
	}), nil
}

// routes are the addresses that the service answers while it lives.
func (sv *service) routes(life context.Context) http.Handler {
	mux := http.NewServeMux()
	if sv.callback != nil {
		mux.Handle("/callback/wecom", sv.callback)
	}
	if sv.texts != nil {
		mux.Handle("/callback/sms", sv.texts)
	}
	if sv.door != nil {
		for _, path := range []string{"/api/v1/", "/f/", "/t/", "/c/", "/k/", "/l/", "/s/", "/u/"} {
			mux.Handle(path, sv.door)
		}
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", sv.readyz)
	mux.Handle("GET /metrics", sv.metrics())
	if sv.console != nil {
		mux.Handle("/", until(life, sv.console))
	} else {
		mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintln(w, "跟单在运行。请在企业微信或钉钉里跟机器人说话；想先试试，用 gendan serve --demo 打开演示台。")
		})
	}
	return mux
}
