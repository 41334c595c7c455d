package fabriciot

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// processes are those that we started.
type processes struct{ running []*exec.Cmd }

// start starts a program with an environment. Whatever it says goes to standard error.
func (p *processes) start(program string, environment []string) error {
	cmd := exec.Command(program)
	cmd.Env = environment
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start chaincode: %w", err)
	}
	p.running = append(p.running, cmd)
	return nil
}

// stop ends all of them and waits until they have ended.
func (p *processes) stop() error {
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
