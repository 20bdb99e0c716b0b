package main

import (
	"os"
	"runtime/debug"
)

// The heap of a process is a few tens of megabytes, most of it thrown away within a turn. Collecting it only when it has
// grown fivefold, instead of twofold, gives a tenth of the processor back; past the limit it is collected as ever.
const (
	heapGrowth = 400     // percent
	heapLimit  = 1 << 30 // bytes
)

// easeCollector sets the garbage collector for a service, unless the environment (GOGC, GOMEMLIMIT) does.
func easeCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
}
