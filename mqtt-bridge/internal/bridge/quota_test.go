package bridge_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

func (s *site) admin(t *testing.T) *admin.Client {
	t.Helper()
	token, err := os.ReadFile(s.config.AdminToken())
	if err != nil {
		t.Fatal(err)
	}
	return admin.NewClient(s.config.Listen, strings.TrimSpace(string(token)))
}

func TestFaultyDeviceUsesUpItsOwnQuotaOnly(t *testing.T) {
	const quota, sent = 5, 1000
	s := newSite(t)
	s.config.QuarantineDeviceMessages = quota
	s.start(t)
	faulty, client := s.device(t, "logger-1", attest.JWS)
	tokens := make([]paho.Token, sent)
	for i := range tokens { // at once: much is acknowledged before anybody can look at it
		tokens[i] = client.Publish("waymark/v1/logger-1/up", 1, false, fmt.Appendf(nil, "nonsense %d", i))
	}
	acknowledged := leading(tokens)
	waitFor(t, "the faulty device to be disconnected", func() bool { return !client.IsConnectionOpen() })
	if _, err := s.connect(t, faulty.ID, faulty.ID, faulty.Password(t, time.Now())); err == nil {
		t.Error("it logged in again")
	}
	good, other := s.device(t, "logger-2", attest.JWS)
	publish(t, other, good, 20)
	waitFor(t, "the other device's messages", func() bool { return s.inOrder(good.ID, 20) })
	if got := s.ready(t); got != http.StatusOK {
		t.Errorf("/readyz answers %d", got)
	}
	c := s.admin(t)
	waitFor(t, "all that was acknowledged", func() bool {
		accounts, err := c.Devices(t.Context())
		return err == nil && len(accounts) == 1 && accounts[0].Messages+accounts[0].Held >= int64(acknowledged)
	})
	accounts, err := c.Devices(t.Context())
	if err != nil || len(accounts) != 1 || accounts[0].Messages != quota || !accounts[0].Full {
		t.Fatalf("accounts: %+v, %v", accounts, err)
	}
	t.Logf("%d acknowledged, %d held", acknowledged, accounts[0].Held)
	for len(accounts) > 0 { // an operator makes room
		err := c.Each(t.Context(), func(q spool.Quarantined) error { return c.Drop(t.Context(), q.Number) })
		if err != nil {
			t.Fatal(err)
		}
		if accounts, err = c.Devices(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the device to be let in again", func() bool {
		_, err := s.connect(t, faulty.ID, faulty.ID, faulty.Password(t, time.Now()))
		return err == nil
	})
}

// What an operator took out of the queue waits there no more: sent again it is offered anew, and no copy.
func TestWhatWasWithdrawnIsTakenAgain(t *testing.T) {
	s := newSite(t)
	s.start(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	s.gateway.Fail(func([]string) *gatewaytest.Failure {
		return &gatewaytest.Failure{Status: http.StatusServiceUnavailable}
	})
	message := d.Next(t)
	send := func() {
		token := client.Publish("waymark/v1/"+d.ID+"/up", 1, false, message)
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	send()
	waitFor(t, "the message in the queue", func() bool { return s.admin(t).Withdraw(t.Context(), 1) == nil }) // the broker had it first
	send()
	s.gateway.Fail(nil)
	waitFor(t, "what was sent again", func() bool { return s.inOrder(d.ID, 1) })
	if !strings.Contains(s.metrics(t), `waymark_bridge_quarantined_total{code="withdrawn"} 1`) {
		t.Error("what was withdrawn is not counted")
	}
}
