package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"
)

// childOptions has the options with which the test binary is a broker, and a bridge of its.
const childOptions = "WAYMARK_TEST_BROKER_OPTIONS"

func TestMain(m *testing.M) {
	if raw := os.Getenv(childOptions); raw != "" {
		fmt.Fprintln(os.Stderr, runChild([]byte(raw)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// runChild stores messages until it is killed, or stops in order once its input ends, and acknowledges every other one as the bridge. It says so in lines of their own, the latter before.
func runChild(raw []byte) error {
	var o Options
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	ctx := context.Background()
	b, err := Start(ctx, o, nobody{}, func(bool) {}, zap.NewNop())
	if err != nil {
		return err
	}
	if err := b.Rewind(ctx); err != nil {
		return err
	}
	if _, err := receive(b, o.CertFile, func(m paho.Message) {
		if m.Payload()[len(m.Payload())-1]%2 == 0 {
			fmt.Printf("took %s\n", m.Payload())
			m.Ack()
		}
	}); err != nil {
		return err
	}
	if err := b.Open(ctx); err != nil {
		return err
	}
	ends := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ends)
		b.Stop()
		os.Exit(0)
	}()
	for i := 0; ; i++ {
		payload := fmt.Sprintf("%d-%d", os.Getpid(), i)
		if err := b.publish(ctx, []byte(payload)); err != nil {
			select {
			case <-ends:
				select {} // until Exit
			default:
				return err
			}
		}
		fmt.Printf("stored %s\n", payload)
	}
}

// A broker that is killed at any point, or stopped under load, starts again at once, with all that it had stored and the bridge had not taken.
func TestKill9(t *testing.T) {
	const kills = 15
	o := options(t)
	o.SyncAlways = true
	stored, taken := map[string]bool{}, map[string]bool{}
	for i := range kills {
		o.StoreBytes += 1 << 20      // each start writes anew what the stream is
		o.HoldsMessages = 100 + 10*i // and its consumer
		for _, line := range strings.Split(lived(t, o, i%3 == 2, under(i)...), "\n") {
			switch what, payload, _ := strings.Cut(line, " "); what {
			case "stored":
				stored[payload] = true
			case "took":
				taken[payload] = true
			}
		}
	}
	waits := maps.Clone(stored)
	maps.DeleteFunc(waits, func(payload string, _ bool) bool { return taken[payload] })
	if len(waits) == 0 || len(taken) == 0 {
		t.Fatalf("%d messages were stored, %d taken", len(stored), len(taken))
	}
	b := start(t, o)
	came := make(chan string, 1000)
	defer receiver(t, b, o.CertFile, func(m paho.Message) { m.Ack(); came <- string(m.Payload()) }).Disconnect(0)
	t.Logf("%d messages of %d wait, %d were taken", len(waits), len(stored), len(taken))
	for len(waits) > 0 {
		select {
		case payload := <-came:
			delete(waits, payload)
		case <-time.After(4 * AckWait):
			t.Fatalf("%d messages do not arrive", len(waits))
		}
	}
}

// under is what the child of a round has to say before it is killed: that it has taken a message, while there is room for new ones, and in every second
// round that it has stored one that is never taken. The others are killed at any point of their start as well.
func under(round int) []string {
	switch {
	case round == 0:
		return []string{"took ", "-1\n"}
	case round%2 == 0:
		return []string{"-1\n"}
	}
	return nil
}

// sayings keep what a child says.
type sayings struct {
	said    bytes.Buffer // not embedded: io.Copy would read into it, past Write
	awaited []string
	all     chan struct{} // closed once it has said all that is awaited
	once    sync.Once
}

// Write looks for what is awaited.
func (s *sayings) Write(p []byte) (int, error) {
	n, err := s.said.Write(p)
	for _, one := range s.awaited {
		if !bytes.Contains(s.said.Bytes(), []byte(one)) {
			return n, err
		}
	}
	s.once.Do(func() { close(s.all) })
	return n, err
}

// lived kills a child, or has it stop in order, some time after it has said what is awaited, and returns what it said by then.
func lived(t *testing.T, o Options, inOrder bool, awaited ...string) string {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	said, failed := sayings{awaited: awaited, all: make(chan struct{})}, bytes.Buffer{}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env, child.Stdout, child.Stderr = append(os.Environ(), childOptions+"="+string(raw)), &said, &failed
	input, err := child.StdinPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(awaited) > 0 {
		select {
		case <-said.all:
		case <-time.After(time.Minute):
			t.Errorf("a child does not say %q", awaited)
		}
	}
	time.Sleep(rand.N(600 * time.Millisecond)) // at any point
	if inOrder {
		_ = input.Close()
	} else {
		_ = child.Process.Kill()
	}
	_ = child.Wait() // an error if it was killed
	if _, err := os.Stat(filepath.Join(o.StoreDir, "sealed")); inOrder && err != nil {
		t.Error(err)
	}
	if failed.Len() > 0 {
		t.Fatalf("a child fails: %s", failed.String())
	}
	return said.said.String()
}
