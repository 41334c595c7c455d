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
		for _, line := range strings.Split(lived(t, o, i%3 == 2, 20*time.Millisecond+rand.N(600*time.Millisecond)), "\n") {
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

// lived kills a child after a while, or has it stop in order, and returns what it said by then.
func lived(t *testing.T, o Options, inOrder bool, after time.Duration) string {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var said, failed bytes.Buffer
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env, child.Stdout, child.Stderr = append(os.Environ(), childOptions+"="+string(raw)), &said, &failed
	input, err := child.StdinPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(after) // at any point
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
	return said.String()
}
