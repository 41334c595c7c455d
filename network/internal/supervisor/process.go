package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// stopGrace is how long a process may take to stop before it is killed.
	stopGrace = 5 * time.Second
	// minBackoff and maxBackoff bound the wait before a restart; it doubles each
	// time and begins anew once a run has lasted steadyAfter.
	minBackoff  = 100 * time.Millisecond
	maxBackoff  = 5 * time.Second
	steadyAfter = 10 * time.Second
	// maxLogBytes is how large a log may be when a process starts; a larger one
	// becomes NAME.log.1, in place of the one before.
	maxLogBytes = 64 << 20
)

// process runs one spec, one run after another.
type process struct {
	spawn *spawner

	mu       sync.Mutex
	spec     Spec
	revision string
	state    State
	cmd      *exec.Cmd     // the current run, nil if there is none
	ended    chan struct{} // closed when the current run has ended
	wanted   bool          // it should be running; a death means restart if the spec says so
	pending  *time.Timer   // the restart to come
	started  time.Time
	exit     string
	restarts int
	backoff  time.Duration
}

// start begins a run, unless there is one.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.startLocked()
}

func (p *process) startLocked() error {
	if p.cmd != nil {
		return nil
	}
	p.cancelRestart()
	revision, err := p.spec.revision()
	if err != nil {
		return err
	}
	if err := p.run(); err != nil {
		return fmt.Errorf("start %s: %w", p.spec.Name, err)
	}
	p.revision, p.wanted = revision, true
	return nil
}

// run starts the program and waits for it in the background.
func (p *process) run() error {
	if err := os.MkdirAll(p.spec.Dir, 0o700); err != nil {
		return err
	}
	log, err := openLog(p.spec.LogFile)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own descriptor
	cmd := exec.Command(p.spec.Path, p.spec.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.spec.Dir, log, log
	cmd.Env = append(baseEnvironment(), p.spec.Env...)
	if err := p.spawn.start(cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.cmd, p.ended, p.state, p.started, p.exit = cmd, ended, Running, time.Now(), ""
	go p.await(cmd, ended)
	return nil
}

// await records the end of a run and arranges the next one if there is to be one.
func (p *process) await(cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(ended)
	p.cmd, p.exit = nil, "exit status 0"
	if err != nil {
		p.exit = err.Error()
	}
	switch {
	case !p.wanted:
		p.state = Stopped
	case p.spec.Restart:
		p.scheduleRestart()
	default:
		p.state, p.wanted = Exited, false
	}
}

// scheduleRestart arranges the next run of a process that died.
func (p *process) scheduleRestart() {
	if time.Since(p.started) > steadyAfter {
		p.backoff = 0
	}
	p.backoff = min(max(2*p.backoff, minBackoff), maxBackoff)
	p.state = Restarting
	p.pending = time.AfterFunc(p.backoff, p.restart)
}

func (p *process) restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted || p.cmd != nil || p.pending == nil {
		return // stopped or started meanwhile
	}
	p.pending = nil
	p.restarts++
	if err := p.startLocked(); err != nil {
		p.exit = err.Error()
		p.started = time.Now()
		p.scheduleRestart()
	}
}

func (p *process) cancelRestart() {
	if p.pending != nil {
		p.pending.Stop()
		p.pending = nil
	}
}

// stop asks the process to end, kills it if it does not within stopGrace or
// before ctx ends, and keeps it down.
func (p *process) stop(ctx context.Context) error {
	p.mu.Lock()
	p.wanted = false
	p.cancelRestart()
	if p.cmd == nil {
		p.state = Stopped
		p.mu.Unlock()
		return nil
	}
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()

	if err := signal(cmd, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.name(), err)
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-ended:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	if err := signal(cmd, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", p.name(), err)
	}
	<-ended
	return nil
}

// kill ends the process with SIGKILL and returns when it is gone. It comes back
// only if its spec says so.
func (p *process) kill() error {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return fmt.Errorf("kill %s: it is not running", p.name())
	}
	if err := signal(cmd, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", p.name(), err)
	}
	<-ended
	return nil
}

// ensure makes the process run as spec says: it starts one that is down and
// restarts one that runs otherwise.
func (p *process) ensure(ctx context.Context, spec Spec) error {
	revision, err := spec.revision()
	if err != nil {
		return err
	}
	p.mu.Lock()
	running, same := p.cmd != nil, p.revision == revision
	p.mu.Unlock()
	if running && same {
		return nil
	}
	if running {
		if err := p.stop(ctx); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spec, p.backoff, p.restarts = spec, 0, 0
	return p.startLocked()
}

// status reports on the process.
func (p *process) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{
		Name: p.spec.Name, State: p.state, Restarts: p.restarts,
		StartedAt: p.started.UTC(), Exit: p.exit, LogFile: p.spec.LogFile,
	}
	if p.cmd != nil {
		s.PID = p.cmd.Process.Pid
		s.RSSBytes = residentBytes(s.PID)
	}
	return s
}

// signal sends sig to the process; one that has ended meanwhile is no error.
func signal(cmd *exec.Cmd, sig syscall.Signal) error {
	if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// openLog opens a log for appending, and puts a large one aside first.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// baseEnvironment is all that a child inherits: no CORE_ or ORDERER_ variable of
// the caller can change it.
func baseEnvironment() []string {
	var env []string
	for _, key := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+value)
		}
	}
	return env
}
