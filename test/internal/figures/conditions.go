package figures

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
)

// Conditions are where, when and of what figures are. What an operating system other than
// Linux does not tell stays empty.
type Conditions struct {
	Date      time.Time
	Processor string
	CPUs      int
	MemoryMiB int
	System    string // operating system and architecture
	GoVersion string
	Fabric    string  // release, or version of Fabric's module
	Waymark   string  // commit
	Load      float64 // average of one minute before anything was begun
}

// Observe notes the conditions of the repository at root, on this machine, now.
func Observe(ctx context.Context, root string) (Conditions, error) {
	c := Conditions{
		Date: time.Now().UTC(), CPUs: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, GoVersion: runtime.Version(),
		Processor: processor(read("/proc/cpuinfo")), MemoryMiB: memory(read("/proc/meminfo")), Load: load(read("/proc/loadavg")),
	}
	var err error
	if c.Waymark, err = said(ctx, root, "git", "describe", "--always", "--dirty"); err != nil {
		return c, err
	}
	module, err := said(ctx, filepath.Join(root, "network"), "go", "list", "-m", "-f", "{{.Version}}", "github.com/hyperledger/fabric")
	c.Fabric = release(module)
	return c, err
}

// release is the release of Fabric that a version of its module is, as far as it is known here. Fabric's path has no major version in it, so that
// Go tells its releases by their commits alone.
func release(module string) string {
	commit := module[strings.LastIndexByte(module, '-')+1:]
	if name, known := map[string]string{"435a7f1a780a": "v3.1.1"}[commit]; known {
		return name
	}
	return module
}

// Text is the machine in a line.
func (c Conditions) Text() string {
	return fmt.Sprintf("%d CPUs (%s), %d MiB, %s, %s; load average before: %.2f", c.CPUs, c.Processor, c.MemoryMiB, c.System, c.GoVersion, c.Load)
}

// flat is the conditions, each with its unit in its name.
func (c Conditions) flat() map[string]any {
	return map[string]any{
		"measured_at_rfc3339": c.Date.Format(time.RFC3339), "processor": c.Processor, "processors_count": c.CPUs,
		"memory_mib": c.MemoryMiB, "system": c.System, "go_version": c.GoVersion, "fabric_version": c.Fabric,
		"waymark_commit": c.Waymark, "load_average_before_1m": c.Load,
	}
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
func processor(cpuinfo string) string { return Field(cpuinfo, "model name") }

// memory is the total in /proc/meminfo, in MiB.
func memory(meminfo string) int {
	kib, err := strconv.Atoi(strings.TrimSuffix(Field(meminfo, "MemTotal"), " kB"))
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

// Field is the value of the first line "name: value", empty if there is none.
func Field(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
