package dingtalk

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/logger"
	"go.uber.org/zap"
)

// sdkLog passes the SDK's warnings and errors to zap. The SDK's debug level prints the client secret and
// every message, its info level prints tickets: both are dropped. The SDK has one logger a process and sets
// up its default lazily without a lock, so ours is installed once, before the first client.
type sdkLog struct{ to atomic.Pointer[zap.Logger] }

var (
	theSDKLog     sdkLog
	installSDKLog sync.Once
)

// pipeSDKLog makes log, the latest one given, the target of the SDK's log lines.
func pipeSDKLog(log *zap.Logger) {
	theSDKLog.to.Store(log.Named("sdk"))
	installSDKLog.Do(func() { logger.SetLogger(&theSDKLog) })
}

func (l *sdkLog) Debugf(string, ...any) {}

func (l *sdkLog) Infof(string, ...any) {}

func (l *sdkLog) Warningf(format string, args ...any) {
	l.to.Load().Warn(shorten(fmt.Sprintf(format, args...), 300))
}

func (l *sdkLog) Errorf(format string, args ...any) {
	l.to.Load().Warn(shorten(fmt.Sprintf(format, args...), 300))
}

func (l *sdkLog) Fatalf(format string, args ...any) {
	l.to.Load().Error(shorten(fmt.Sprintf(format, args...), 300))
}

// shorten cuts s to at most n bytes at the border of a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
