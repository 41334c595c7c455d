package supervisor

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one operating-system thread that lives as long
// as it does. Linux delivers a parent's death signal when the thread that made
// the child ends, not when the process does; a child started from a thread the
// Go runtime retires would be killed without cause.
type spawner struct {
	requests chan spawnRequest
}

type spawnRequest struct {
	cmd    *exec.Cmd
	result chan error
}

// newSpawner starts the thread. It ends when done is closed.
func newSpawner(done <-chan struct{}) *spawner {
	s := &spawner{requests: make(chan spawnRequest)}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for {
			select {
			case req := <-s.requests:
				req.result <- req.cmd.Start()
			case <-done:
				return
			}
		}
	}()
	return s
}

// start runs cmd.Start on the spawner's thread.
func (s *spawner) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = childAttributes()
	req := spawnRequest{cmd: cmd, result: make(chan error, 1)}
	s.requests <- req
	return <-req.result
}
