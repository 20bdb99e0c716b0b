package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// simCommand runs the platform simulators for somebody's own tests, with the control interface of
// docs/simulator.md.
func simCommand(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	flags.SetOutput(s.err)
	weComAddr := flags.String("wecom", "127.0.0.1:9101", "address of the WeCom simulator; empty leaves it out")
	dingTalkAddr := flags.String("dingtalk", "127.0.0.1:9102", "address of the DingTalk simulator; empty leaves it out")
	callback := flags.String("callback", "", "where the WeCom app's callbacks go, e.g. http://127.0.0.1:8080/callback/wecom")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "gendan sim runs the simulators of WeCom and DingTalk alone; docs/simulator.md describes how to play the people.\n\nExample:\n  gendan sim --wecom 127.0.0.1:9101 --dingtalk 127.0.0.1:9102\n\nFlags:")
		flags.PrintDefaults()
	}
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	g, ctx := errgroup.WithContext(ctx)
	if *weComAddr != "" {
		w := wecomtest.New(wecomtest.Config{Org: demoWeCom()})
		defer w.Close()
		url, err := w.Start(*weComAddr)
		if err != nil {
			return fail(s, err)
		}
		c := w.Config()
		announce(s, map[string]any{"platform": "wecom", "url": url, "env": map[string]string{
			"WECOM_API_URL": url, "WECOM_WS_URL": wsURL(url), "WECOM_CORP_ID": c.CorpID, "WECOM_AGENT_ID": fmt.Sprint(c.AgentID), "WECOM_SECRET": c.Secret,
			"WECOM_TOKEN": c.Token, "WECOM_AES_KEY": c.AESKey, "WECOM_BOT_ID": c.BotID, "WECOM_BOT_SECRET": c.BotSecret,
			"WECOM_KF_ID": demoKF,
		}})
		if *callback != "" {
			g.Go(func() error { return keepCallback(ctx, w, *callback) })
		}
	}
	if *dingTalkAddr != "" {
		d := dingtalktest.New(dingtalktest.Config{ClientID: demoDingTalkID, ClientSecret: demoDingTalkSecret})
		defer d.Close()
		peopleDingTalk(d)
		listener, err := net.Listen("tcp", *dingTalkAddr)
		if err != nil {
			return fail(s, err)
		}
		web := &http.Server{Handler: d.Handler(), ReadHeaderTimeout: 5 * time.Second}
		g.Go(func() error { return ignoreClosed(web.Serve(listener)) })
		g.Go(func() error {
			<-ctx.Done()
			return web.Close()
		})
		url := "http://" + listener.Addr().String()
		announce(s, map[string]any{"platform": "dingtalk", "url": url, "env": map[string]string{
			"DINGTALK_API_URL": url, "DINGTALK_OAPI_URL": url, "DINGTALK_CLIENT_ID": demoDingTalkID, "DINGTALK_CLIENT_SECRET": demoDingTalkSecret,
		}})
	}
	<-ctx.Done()
	if err := g.Wait(); err != nil {
		return fail(s, err)
	}
	return 0
}

// announce prints one JSON line that says where a simulator is and which settings reach it.
func announce(s streams, v any) {
	line, err := json.Marshal(v)
	if err != nil {
		line = []byte(err.Error())
	}
	fmt.Fprintln(s.out, string(line))
}

// keepCallback offers the callback address until it answers the platform's verification.
func keepCallback(ctx context.Context, w *wecomtest.Server, address string) error {
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := w.SetCallback(try, address)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

func ignoreClosed(err error) error {
	if err == http.ErrServerClosed {
		return nil
	}
	return err
}

// wsURL is the long connection's address on the simulator at url.
func wsURL(url string) string { return "ws" + url[len("http"):] + "/ws" }
