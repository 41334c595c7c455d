package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// story is one telling, with ids of its own, so that it can be told again on the
// same ledger.
type story struct {
	network  *endpoints.Network
	trips    []journey
	name     string // of this telling
	shipment string
	trade    trade
	loggers  []*logger
	apps     map[string]*app.App // operators by member
	relay    *app.App
	out      *os.File
	step     int
}

// logger is a device with its session at the broker.
type logger struct {
	*device.Device
	session *device.Session
	trip    journey
	sent    [][]byte // the messages it published, in order
}

func newStory(network *endpoints.Network, dir string, trips []journey) (*story, error) {
	name := strconv.FormatInt(time.Now().UnixMilli(), 36)
	s := &story{network: network, trips: trips, name: name, shipment: "shipment-" + name, apps: map[string]*app.App{}, out: os.Stdout}
	for member := range network.Members {
		operator, err := app.New(network, member, waymark.Operator)
		if err != nil {
			return nil, err
		}
		s.apps[member] = operator
	}
	var err error
	if s.relay, err = app.New(network, "producer", waymark.Relay); err != nil {
		return nil, err
	}
	for i, trip := range trips {
		settings := device.Settings{ID: fmt.Sprintf("logger-%s-%d", name, i+1), Consortium: network.Consortium, Owner: "producer", Model: "TL-20"}
		d, err := device.Create(dir, settings)
		if err != nil {
			return nil, err
		}
		s.loggers = append(s.loggers, &logger{Device: d, trip: trip})
	}
	return s, nil
}

func (s *story) close() {
	for _, l := range s.loggers {
		if l.session != nil {
			_ = l.session.Close()
		}
		_ = l.Close()
	}
}

// broker is where devices connect.
func (s *story) broker() device.Broker {
	return device.Broker{URL: s.network.MQTT.URL, CAFile: s.network.MQTT.CAFile}
}

// tell runs the story to its end or to the first thing that is not as told.
func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{
		s.members, s.register, s.create, s.firstLeg, s.handToCarrier, s.secondLeg, s.handToRetailer,
		s.refusals, s.pack, s.partial, s.dispute, s.recall, s.timeline, s.audit,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	s.say("")
	s.say("All is as told.")
	return nil
}

// chapter prints the heading of the next part.
func (s *story) chapter(format string, args ...any) {
	s.step++
	s.say("")
	s.say("%2d. %s", s.step, fmt.Sprintf(format, args...))
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// done prints what was committed, and where.
func (s *story) done(c app.Commit, format string, args ...any) {
	s.say("    %-58s tx %.8s  block %d", fmt.Sprintf(format, args...), c.TxID, c.BlockNumber)
}

// refused prints a refusal and returns an error unless it is the one expected.
func (s *story) refused(what string, err error, code waymark.Code, reason string) error {
	var p *app.Problem
	if !asProblem(err, &p) || p.Code != code || !contains(p.Reasons, reason) {
		return fmt.Errorf("%s: want %s because of %s, got: %w", what, code, reason, orNothing(err))
	}
	s.say("    REFUSED %s", what)
	s.say("            %s, rule %s (HTTP %d)", p.Code, strings.Join(p.Reasons, ", "), p.Status)
	return nil
}

// errNothing stands for the success that should not have been.
var errNothing = errors.New("it went through")

func orNothing(err error) error {
	if err == nil {
		return errNothing
	}
	return err
}
