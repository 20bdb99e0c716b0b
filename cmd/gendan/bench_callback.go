package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"gendan/adapters/embedded"
	"gendan/adapters/wecom"
	"gendan/adapters/wecom/msgcrypt"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot"
	"gendan/bot/chat"
	"gendan/crm/store"
)

// callbackClients is how many connections the platform keeps open in this load.
const callbackClients = 64

// callbackFigure is one measurement of callbacks that were taken into the inbox.
type callbackFigure struct {
	Clients int     `json:"clients"`
	Rate    float64 `json:"callbacks_per_s"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
}

func (f *callbackFigure) numbers() []*float64 { return []*float64{&f.Rate, &f.P50, &f.P99} }

// benchCallback measures what stands between the platform and a durable message: HTTP, signature, decryption,
// reading the XML, and the inbox's group commit. No turns run. Every callback is another message.
func benchCallback(ctx context.Context, b *bench) (any, error) {
	st, err := b.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	sim := wecomtest.New(wecomtest.Config{}) // lends its credentials; it sends nothing here
	defer sim.Close()
	c := sim.Config()
	adapter, err := wecom.New(wecom.Config{CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, Token: c.Token, AESKey: c.AESKey,
		Log: b.log.Named("wecom"), Redis: b.redis})
	if err != nil {
		return nil, err
	}
	talk := bot.New(bot.Config{Store: st, Adapters: []chat.Adapter{adapter}, Log: b.log.Named("bot"), Now: time.Now}) // never run: it only hears
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	web := &http.Server{Handler: adapter.Callback(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: zap.NewStdLog(b.log)}
	running, stop := context.WithCancel(ctx)
	g, running := errgroup.WithContext(running)
	g.Go(func() error { return adapter.Run(running, talk.Hear) })
	g.Go(func() error { return ignoreClosed(web.Serve(listener)) })
	defer func() {
		stop()
		_ = web.Close()
		_ = g.Wait() // it ends because we stopped it
	}()
	codec, err := msgcrypt.New(c.Token, c.AESKey, c.CorpID)
	if err != nil {
		return nil, err
	}
	return callbackRounds(ctx, b, st, codec, c, listener.Addr().String())
}

func callbackRounds(ctx context.Context, b *bench, st *store.Store, codec *msgcrypt.Codec, c wecomtest.Config, address string) (any, error) {
	var rounds []callbackFigure
	sent := 0
	for round := range b.rounds + 1 { // the first warms up
		requests := make([][]byte, int(b.seconds.Seconds()*5000))
		for i := range requests {
			requests[i] = callbackRequest(codec, c, sent+i)
		}
		f, err := postAll(ctx, address, requests)
		if err != nil {
			return nil, err
		}
		sent += len(requests)
		if round == 0 {
			continue
		}
		b.say("%d clients: %.0f callbacks/s, p50 %.2f ms, p99 %.2f ms", f.Clients, f.Rate, f.P50, f.P99)
		rounds = append(rounds, f)
	}
	db, err := b.owner(embedded.Database)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var stored int
	if err := db.QueryRowContext(ctx, `SELECT count(DISTINCT message_id) FROM inbox`).Scan(&stored); err != nil {
		return nil, err
	}
	if stored != sent {
		return nil, fmt.Errorf("%d callbacks were acknowledged and %d stand in the inbox", sent, stored)
	}
	return medians(rounds, (*callbackFigure).numbers), nil
}

// callbackRequest is a callback as the platform posts it: message number i, by one of 500 people.
func callbackRequest(codec *msgcrypt.Codec, c wecomtest.Config, i int) []byte {
	plain := fmt.Appendf(nil, `<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[rep%04d]]></FromUserName><CreateTime>%d</CreateTime>`+
		`<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[云帆推进到报价,38万,明天下午3点提醒我打给王强]]></Content><MsgId>%d</MsgId><AgentID>%d</AgentID></xml>`,
		c.CorpID, i%500, time.Now().Unix(), 7_300_000_000_000_000_000+i, c.AgentID)
	stamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), strconv.Itoa(1_000_000_000+i)
	sealed, signature := codec.Seal(plain, stamp, nonce)
	body := msgcrypt.CallbackXML(c.CorpID, c.AgentID, sealed)
	head := fmt.Appendf(nil, "POST /?msg_signature=%s&timestamp=%s&nonce=%s HTTP/1.1\r\nHost: gendan\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n",
		signature, stamp, nonce, len(body))
	return append(head, body...)
}

// postAll sends the requests over kept connections, each as soon as its connection's last one is answered. It writes the
// bytes itself: a client with a header map per request would be most of the work.
func postAll(ctx context.Context, address string, requests [][]byte) (f callbackFigure, err error) {
	var (
		next atomic.Int64
		mu   sync.Mutex
		all  times
	)
	g, _ := errgroup.WithContext(ctx)
	begun := time.Now()
	for range callbackClients {
		g.Go(func() error {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			defer conn.Close()
			in := bufio.NewReaderSize(conn, 1024)
			var own times
			for i := next.Add(1) - 1; i < int64(len(requests)); i = next.Add(1) - 1 {
				start := time.Now()
				if err := conn.SetDeadline(start.Add(patience)); err != nil {
					return err
				}
				if _, err := conn.Write(requests[i]); err != nil {
					return err
				}
				if err := acknowledged(in); err != nil {
					return fmt.Errorf("callback %d: %w", i, err)
				}
				own = append(own, time.Since(start))
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return f, err
	}
	return callbackFigure{Clients: callbackClients, Rate: float64(len(all)) / time.Since(begun).Seconds(), P50: all.at(.5), P99: all.at(.99)}, nil
}

// acknowledged reads one answer, which must be 200 and empty.
func acknowledged(in *bufio.Reader) error {
	status, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answer %q", status)
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			return nil
		}
		if bytes.HasPrefix(line, []byte("Content-Length: ")) && !bytes.HasPrefix(line, []byte("Content-Length: 0")) {
			return fmt.Errorf("an answer that is not empty: %q", line)
		}
	}
}
