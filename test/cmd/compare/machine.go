package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/fabriciot"
)

// conditions are where, when and of what the figures are.
type conditions struct {
	date      time.Time
	processor string
	cpus      int
	memoryMiB int
	system    string
	goVersion string
	fabric    string  // version of Fabric's module
	theirs    string  // commit of fabric-iot
	ours      string  // commit of Waymark
	load      float64 // average of one minute before anything was begun
}

// observe notes the conditions. What an operating system other than Linux does not tell
// stays empty.
func observe(ctx context.Context, root string, b fabriciot.Builder) (conditions, error) {
	c := conditions{
		date: time.Now().UTC(), cpus: runtime.NumCPU(), system: runtime.GOOS + "/" + runtime.GOARCH, goVersion: runtime.Version(),
		processor: processor(read("/proc/cpuinfo")), memoryMiB: memory(read("/proc/meminfo")), load: load(read("/proc/loadavg")),
	}
	var err error
	if c.theirs, err = b.Commit(ctx); err != nil {
		return c, err
	}
	if c.ours, err = said(ctx, root, "git", "describe", "--always", "--dirty"); err != nil {
		return c, err
	}
	c.fabric, err = said(ctx, filepath.Join(root, "network"), "go", "list", "-m", "-f", "{{.Version}}", "github.com/hyperledger/fabric")
	return c, err
}

// said is what a command prints.
func said(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the commands above
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

func read(path string) string {
	content, _ := os.ReadFile(path) //nolint:gosec // one of Linux's; empty elsewhere
	return string(content)
}

// processor is the first model name in /proc/cpuinfo.
func processor(cpuinfo string) string { return field(cpuinfo, "model name") }

// memory is the total in /proc/meminfo, in MiB.
func memory(meminfo string) int {
	kib, err := strconv.Atoi(strings.TrimSuffix(field(meminfo, "MemTotal"), " kB"))
	if err != nil {
		return 0
	}
	return kib / 1024
}

// load is the first number in /proc/loadavg.
func load(loadavg string) float64 {
	first, _, _ := strings.Cut(loadavg, " ")
	average, _ := strconv.ParseFloat(first, 64) // 0 elsewhere
	return average
}

// field is the value of the first line "name: value".
func field(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
