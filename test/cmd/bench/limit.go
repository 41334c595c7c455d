package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/sizing"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

// verified is what checking a device's signature costs on one processor of this machine, of a message of one reading, which is parsed for it.
type verified struct {
	alone    time.Duration
	together time.Duration // one of the most messages that a request may have, as the chaincode checks them
}

// signers is how many devices have sent what is verified together.
const signers = 100

// measureLimit measures what no change to anything else can take off a message: its signature, which each endorser checks.
func measureLimit(_ context.Context, b *bench, r *report) (err error) {
	command.Progress("one signature")
	r.verified, err = verify(b.network.Consortium, b.amounts.signatures)
	return err
}

// verify verifies full requests, so many, and as many messages alone.
func verify(consortium string, requests int) (v verified, err error) {
	texts, keys, err := said(consortium)
	if err != nil {
		return v, err
	}
	n := time.Duration(requests * len(texts))
	began := time.Now()
	for range requests {
		for i, text := range texts {
			if err := check([]string{text}, keys[i:i+1]); err != nil {
				return v, err
			}
		}
	}
	v.alone, began = time.Since(began)/n, time.Now()
	for range requests {
		if err := check(texts, keys); err != nil {
			return v, err
		}
	}
	v.together = time.Since(began) / n
	return v, nil
}

// said is a full request of messages, and the key of each.
func said(consortium string) (texts []string, keys []waymark.JWK, err error) {
	for nth := range signers {
		device, err := speaker.New(fmt.Sprintf("limit-%d", nth), consortium)
		if err != nil {
			return nil, nil, err
		}
		key, err := device.Key()
		if err != nil {
			return nil, nil, err
		}
		for range waymark.MaxBatchMessages / signers {
			signed, err := device.Say(time.Now(), 1)
			if err != nil {
				return nil, nil, err
			}
			texts, keys = append(texts, signed.Text()), append(keys, key)
		}
	}
	return texts, keys, nil
}

// check parses messages and verifies them together.
func check(texts []string, keys []waymark.JWK) error {
	checks := make([]attest.Check, len(texts))
	for i, text := range texts {
		m, err := attest.Parse(text)
		if err != nil {
			return err
		}
		checks[i] = attest.Check{Message: m, Key: keys[i]}
	}
	for _, v := range attest.VerifyAll(checks) {
		if v.Err != nil {
			return v.Err
		}
	}
	return nil
}

// limits is the section of what bounds the rows of ingest.
type limits struct{ *report }

// floor is the processor time that the endorsers of a message need for its signature alone.
func (l limits) floor() time.Duration {
	return time.Duration(sizing.Quorum(l.network.Members)) * l.verified.together
}

// most is how many messages a second that is, if this machine did nothing else.
func (l limits) most() float64 {
	return float64(l.conditions.CPUs) * float64(time.Second) / float64(max(l.floor(), 1))
}

func (l limits) text() string {
	if l.verified.together == 0 {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "### The limit\n\nOne processor parses and verifies a message of one reading, Ed25519, in %.1f us, and in %.1f us together with all others of a full request. %d endorsers do, so that a message takes %.1f us and %d processors can do no more than %.0f messages a second, each verified by all endorsers, "+
		"whatever else is improved.\n\n", us(l.verified.alone), us(l.verified.together), sizing.Quorum(l.network.Members), us(l.floor()), l.conditions.CPUs, l.most())
	if len(l.ingest) == 0 {
		return out.String()
	}
	out.WriteString("| | messages/s | of that limit | processor time of a message, us | of that signatures |\n|---|---|---|---|---|\n")
	for _, i := range l.ingest {
		fmt.Fprintf(&out, "| %s | %.1f | %.1f %% | %.0f | %.1f %% |\n", i.name, i.rate(), 100*i.rate()/l.most(), us(i.perMessage(all)), 100*float64(l.floor())/float64(max(i.perMessage(all), 1)))
	}
	return out.String()
}

func (l limits) flat(figures map[string]any) {
	if l.verified.together == 0 {
		return
	}
	figures["verify_us"], figures["verify_together_us"], figures["limit_messages_per_second"] = us(l.verified.alone), us(l.verified.together), l.most()
	for _, i := range l.ingest {
		figures[i.id()+"of_limit_percent"] = 100 * i.rate() / l.most()
	}
}

func (limits) charts() map[string]string { return nil }
