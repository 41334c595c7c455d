package callout

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// nats-server's clock runs as long as the process.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.init.0.func1"))
}

// registry knows one device and its password. What it says of others waits for held, if that is not nil.
type registry struct{ asked, held chan struct{} }

func (registry) Known(device string) bool { return device == "logger-1" }

var until = time.Now().Add(time.Hour).Truncate(time.Second)

func (r registry) Login(_ context.Context, device, password string) (time.Time, error) {
	if r.held != nil && !r.Known(device) {
		r.asked <- struct{}{}
		<-r.held
	}
	if device != "logger-1" || password != "signed" {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "refused")
	}
	return until, nil
}

func newCallout(t testing.TB, urls string) *Callout {
	t.Helper()
	key, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := key.Seed()
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{URLs: urls, Seed: seed, Account: "WAYMARK", BridgeID: "waymark-bridge"}, registry{}, func(bool) {}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// question is what a server asks about a client.
func question(t testing.TB, change func(*jwt.AuthorizationRequestClaims)) (text, user string) {
	t.Helper()
	asker, err := nkeys.CreateServer()
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	if user, err = key.PublicKey(); err != nil {
		t.Fatal(err)
	}
	id, err := asker.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	q := jwt.NewAuthorizationRequestClaims("CALLOUT")
	q.UserNkey, q.Server.ID = user, id
	q.ClientInformation = jwt.ClientInformation{Type: "mqtt", MQTT: "logger-1"}
	q.ConnectOptions = jwt.ConnectOptions{Username: "logger-1", Password: "signed"}
	if change != nil {
		change(q)
	}
	if text, err = q.Encode(asker); err != nil {
		t.Fatal(err)
	}
	return text, user
}

func TestAnswer(t *testing.T) {
	c := newCallout(t, "")
	for _, test := range []struct {
		name   string
		change func(*jwt.AuthorizationRequestClaims)
		want   waymark.Code
	}{
		{"the device", nil, ""},
		{"another password", func(q *jwt.AuthorizationRequestClaims) { q.ConnectOptions.Password = "guessed" }, waymark.Unauthenticated},
		{"no password", func(q *jwt.AuthorizationRequestClaims) { q.ConnectOptions.Password = "" }, waymark.Unauthenticated},
		{"another client id", func(q *jwt.AuthorizationRequestClaims) { q.ClientInformation.MQTT = "logger-2" }, waymark.Unauthenticated},
		{"the bridge's client id", func(q *jwt.AuthorizationRequestClaims) { q.ClientInformation.MQTT = "waymark-bridge" }, waymark.Unauthenticated},
		{"one of its sessions", func(q *jwt.AuthorizationRequestClaims) { q.ClientInformation.MQTT = "waymark-bridge-1" }, waymark.Unauthenticated},
		{"another user name", func(q *jwt.AuthorizationRequestClaims) { q.ConnectOptions.Username = "logger-2" }, waymark.Unauthenticated},
		{"no user name", func(q *jwt.AuthorizationRequestClaims) { q.ConnectOptions.Username = "" }, waymark.Unauthenticated},
		{"wildcards", func(q *jwt.AuthorizationRequestClaims) {
			q.ClientInformation.MQTT, q.ConnectOptions.Username = ">", ">"
		}, waymark.Invalid},
		{"two subjects", func(q *jwt.AuthorizationRequestClaims) {
			q.ClientInformation.MQTT, q.ConnectOptions.Username = "logger-1.up", "logger-1.up"
		}, waymark.Invalid},
		{"not by MQTT", func(q *jwt.AuthorizationRequestClaims) { q.ClientInformation.Type = "nats" }, waymark.Unauthenticated},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, user := question(t, test.change)
			raw, err := c.reply(t, text)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := jwt.DecodeAuthorizationResponseClaims(string(raw))
			if err != nil {
				t.Fatal(err)
			}
			if answer.Subject != user || answer.Error != string(test.want) || (answer.Jwt == "") != (test.want != "") {
				t.Fatalf("answer %+v, want %q", answer, test.want)
			}
			if test.want == "" {
				checkUser(t, answer.Jwt)
			}
		})
	}
}

// reply is the answer to a question.
func (c *Callout) reply(t testing.TB, text string) ([]byte, error) {
	request, err := jwt.DecodeAuthorizationRequestClaims(text)
	if err != nil {
		return nil, err
	}
	expires, err := c.check(t.Context(), request)
	return c.answer(request, expires, err)
}

func checkUser(t *testing.T, token string) {
	t.Helper()
	u, err := jwt.DecodeUserClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "logger-1" || u.Audience != "WAYMARK" || u.Expires != until.Unix() ||
		len(u.Pub.Allow) != 1 || u.Pub.Allow[0] != "waymark.v1.logger-1.up" || len(u.Sub.Allow) != 1 || u.Sub.Allow[0] != "waymark.v1.logger-1.down" ||
		len(u.AllowedConnectionTypes) != 1 || u.AllowedConnectionTypes[0] != jwt.ConnectionTypeMqtt {
		t.Errorf("user %+v", u)
	}
}

func TestSeedMustBeOfAnAccount(t *testing.T) {
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := key.Seed()
	if err != nil {
		t.Fatal(err)
	}
	for _, seed := range [][]byte{seed, nil, []byte("secret")} {
		if _, err := New(Options{Seed: seed}, registry{}, func(bool) {}, zap.NewNop()); err == nil {
			t.Error("taken")
		}
	}
}

// running runs a callout until end, when nothing of it is left, and returns a connection by which it can be asked.
func running(t *testing.T, change func(*Callout)) (c *Callout, conn *nats.Conn, end func()) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	c = newCallout(t, s.ClientURL())
	change(c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	if conn, err = nats.Connect(s.ClientURL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	text, _ := question(t, nil)
	_, err = conn.Request(subject, []byte(text), time.Second)
	for end := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, err = conn.Request(subject, []byte(text), time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, conn, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// asks asks about a device, and returns the answer.
func asks(t *testing.T, conn *nats.Conn, device string) *jwt.AuthorizationResponseClaims {
	t.Helper()
	text, _ := question(t, named(device))
	message, err := conn.Request(subject, []byte(text), 20*time.Second)
	if err != nil {
		t.Fatalf("about %s: %v", device, err)
	}
	answer, err := jwt.DecodeAuthorizationResponseClaims(string(message.Data))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func named(device string) func(*jwt.AuthorizationRequestClaims) {
	return func(q *jwt.AuthorizationRequestClaims) {
		q.ClientInformation.MQTT, q.ConnectOptions.Username = device, device
	}
}

// Questions are answered until Run ends, and nothing of it is left then.
func TestRun(t *testing.T) {
	c, conn, end := running(t, func(*Callout) {})
	if answer := asks(t, conn, "logger-1"); answer.Error != "" || !c.Answers() {
		t.Errorf("%q; it answers: %t", answer.Error, c.Answers())
	}
	end()
	if c.Answers() {
		t.Error("it says that it answers when it has ended")
	}
}

// However many strangers wait for the registry, a device that is known does not, and one stranger more is refused at once.
func TestStrangersKeepNobodyWaiting(t *testing.T) {
	const most = 3
	r := registry{make(chan struct{}, most), make(chan struct{})}
	_, conn, end := running(t, func(c *Callout) { c.logins, c.turns, c.others = r, make(chan struct{}, 1), make(chan struct{}, most) })
	for range most {
		text, _ := question(t, named("stranger"))
		if err := conn.PublishRequest(subject, nats.NewInbox(), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for range most {
		<-r.asked
	}
	if answer := asks(t, conn, "logger-1"); answer.Error != "" {
		t.Errorf("a device that is known: %q", answer.Error)
	}
	if answer := asks(t, conn, "stranger"); answer.Error != string(waymark.Unavailable) {
		t.Errorf("a stranger more: %q", answer.Error)
	}
	close(r.held)
	end()
}

// FuzzAnswer: whatever a server asks, it is answered or refused.
func FuzzAnswer(f *testing.F) {
	c := newCallout(f, "")
	text, _ := question(f, nil)
	f.Add(text)
	f.Add("")
	f.Add("eyJ0eXAiOiJKV1QifQ.e30.AA")
	f.Fuzz(func(t *testing.T, text string) {
		if answer, err := c.reply(t, text); err == nil && len(answer) == 0 {
			t.Error("no answer")
		}
	})
}
