package deploy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// Processes are those that Deploy started.
type Processes struct{ running []*exec.Cmd }

// PIDs are their process ids.
func (p *Processes) PIDs() (all []int) {
	for _, cmd := range p.running {
		all = append(all, cmd.Process.Pid)
	}
	return all
}

// start starts a program with an environment. Whatever it says goes to standard error.
func (p *Processes) start(program string, environment []string) error {
	cmd := exec.Command(program)
	cmd.Env = environment
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start chaincode: %w", err)
	}
	p.running = append(p.running, cmd)
	return nil
}

// Stop ends all of them and waits until they have ended.
func (p *Processes) Stop() error {
	var failures []error
	for _, cmd := range p.running {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			failures = append(failures, fmt.Errorf("stop chaincode: %w", err))
		}
		_ = cmd.Wait() // it was killed
	}
	p.running = nil
	return errors.Join(failures...)
}
