// Package usage tells what processes use of the machine.
package usage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/figures"
)

// tick is the unit in which Linux tells times of processors: USER_HZ is 100 on every
// architecture that Go runs on.
const tick = 10 * time.Millisecond

// Process is one, by its id, whose use of the machine is read from /proc, so that measuring needs Linux.
type Process int

// CPU is how long it has used a processor so far, in user and system mode.
func (p Process) CPU() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	return cpuOf(string(stat))
}

// Own is how long this process has used a processor so far, in user and system mode, to the microsecond.
func Own() (time.Duration, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), nil
}

// Machine is how long all processors have been busy so far, added up, with whatever: user and
// system mode and interrupts, and neither idle nor taken away by a hypervisor.
func Machine() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	return busyOf(string(stat))
}

// busyOf reads the first line of /proc/stat.
func busyOf(stat string) (time.Duration, error) {
	var name string
	var user, nice, system, idle, waiting, irq, softIRQ int
	if _, err := fmt.Sscan(stat, &name, &user, &nice, &system, &idle, &waiting, &irq, &softIRQ); err != nil || name != "cpu" {
		return 0, fmt.Errorf("processor time: %q: %w", name, err)
	}
	return time.Duration(user+nice+system+irq+softIRQ) * tick, nil
}

// cpuOf reads fields 14 and 15 of a stat file; the name before them may hold anything.
func cpuOf(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const user, system = 11, 12 // counted from the state on
	if len(fields) <= system {
		return 0, fmt.Errorf("processor time: %d fields", len(fields))
	}
	ticks := 0
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("processor time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// ForgetPeak makes PeakMiB begin anew.
func (p Process) ForgetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p), []byte("5"), 0); err != nil {
		return fmt.Errorf("peak of memory: %w", err)
	}
	return nil
}

// PeakMiB is the most memory that it had resident since ForgetPeak.
func (p Process) PeakMiB() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
	if err != nil {
		return 0, fmt.Errorf("peak of memory: %w", err)
	}
	kib, err := strconv.Atoi(strings.TrimSuffix(figures.Field(string(status), "VmHWM"), " kB"))
	if err != nil {
		return 0, fmt.Errorf("peak of memory: %w", err)
	}
	return (kib + 1023) / 1024, nil
}
