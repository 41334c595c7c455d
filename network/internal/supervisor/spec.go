package supervisor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Spec says how to run a process.
type Spec struct {
	// Name identifies the process, for example "peer.producer".
	Name string `json:"name"`
	// Path is the program, an absolute path.
	Path string `json:"path"`
	// Args follow the program's name.
	Args []string `json:"args,omitempty"`
	// Env holds KEY=value. Nothing else of the supervisor's environment is
	// passed on but PATH, HOME and TMPDIR.
	Env []string `json:"env,omitempty"`
	// Dir is the working directory; it is made if it does not exist.
	Dir string `json:"dir"`
	// LogFile takes standard output and standard error, appended.
	LogFile string `json:"log_file"`
	// Restart makes the process come back by itself when it dies.
	Restart bool `json:"restart,omitempty"`
	// Tier orders the end of a network: the highest tier is stopped first.
	Tier int `json:"tier"`
	// Inputs are files the process reads when it starts. It is restarted by
	// Ensure when one of them, or the program, has changed.
	Inputs []string `json:"inputs,omitempty"`
}

// revision changes whenever running the spec anew could give another process.
func (s Spec) revision() (string, error) {
	sum := sha256.New()
	if err := json.NewEncoder(sum).Encode(s); err != nil {
		return "", fmt.Errorf("encode spec: %w", err)
	}
	// The program is large: its size and time tell as much as its content.
	info, err := os.Stat(s.Path)
	if err != nil {
		return "", fmt.Errorf("find program of %s: %w", s.Name, err)
	}
	fmt.Fprintln(sum, info.Size(), info.ModTime().UnixNano())
	for _, path := range s.Inputs {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read input of %s: %w", s.Name, err)
		}
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// State is what a process is doing.
type State string

// The states of a process.
const (
	Running    State = "running"    // it has a pid
	Restarting State = "restarting" // it died and will be started again
	Exited     State = "exited"     // it ended by itself, or was killed
	Stopped    State = "stopped"    // it was asked to stop, and did
)

// Status is what is known of a process.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// PID is 0 unless the process is running.
	PID int `json:"pid"`
	// RSSBytes is its resident memory, 0 if not running or not known.
	RSSBytes int64 `json:"rss_bytes"`
	// Restarts counts how often it came back by itself.
	Restarts int `json:"restarts"`
	// StartedAt is when its last run began.
	StartedAt time.Time `json:"started_at"`
	// Exit says how its last run ended, for example "signal: killed".
	Exit string `json:"exit,omitempty"`
	// LogFile is where it writes.
	LogFile string `json:"log_file"`
}
