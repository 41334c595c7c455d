package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/sizing"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// verified is what checking a device's signature costs on one processor of this machine, of a message of one reading, which is parsed for it.
type verified struct {
	alone           time.Duration
	ownKeys, oneKey time.Duration // one of the most messages that a request may have, as the chaincode checks them: each of another device, or all of one
}

// measureLimit measures what no change to anything else can take off a message: its signature, which each endorser checks.
func measureLimit(_ context.Context, b *bench, r *report) (err error) {
	command.Progress("one signature")
	r.verified, err = verify(b.network.Consortium, b.amounts.signatures)
	return err
}

// verify verifies full requests, so many, and as many messages alone.
func verify(consortium string, requests int) (v verified, err error) {
	texts, keys, err := said(consortium, waymark.MaxBatchMessages)
	if err != nil {
		return v, err
	}
	if v.alone, err = timed(requests, len(texts), func() error {
		for i, text := range texts {
			if err := check([]string{text}, keys[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return v, err
	}
	if v.ownKeys, err = timed(requests, len(texts), func() error { return check(texts, keys) }); err != nil {
		return v, err
	}
	if texts, keys, err = said(consortium, 1); err != nil {
		return v, err
	}
	v.oneKey, err = timed(requests, len(texts), func() error { return check(texts, keys) })
	return v, err
}

// timed is the processor time, and not that on a clock, which counts what else the machine does, of each of so many messages of requests.
func timed(requests, messages int, do func() error) (time.Duration, error) {
	before, err := usage.Own()
	if err != nil {
		return 0, err
	}
	for range requests {
		if err := do(); err != nil {
			return 0, err
		}
	}
	after, err := usage.Own()
	return (after - before) / time.Duration(requests*messages), err
}

// said is a full request of messages by so many devices, and the key of each.
func said(consortium string, signers int) (texts []string, keys []waymark.JWK, err error) {
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
func (l limits) floor(verify time.Duration) time.Duration {
	return time.Duration(sizing.Quorum(l.network.Members)) * verify
}

// most is how many messages a second that is, if this machine did nothing else.
func (l limits) most(verify time.Duration) float64 {
	return float64(l.conditions.CPUs) * float64(time.Second) / float64(max(l.floor(verify), 1))
}

// inFull are the rows whose signatures endorsers check: not those of anchored messages.
func (l limits) inFull() (rows []ingested) {
	return slices.DeleteFunc(slices.Clone(l.ingest), func(i ingested) bool { return i.anchored })
}

func (l limits) text() string {
	v := l.verified
	if v.ownKeys == 0 {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "### The limit\n\nA message of one reading is parsed and verified, Ed25519, in %.1f us of processor time, in %.1f us together with all others of a full request of which each is by a key of its own, and in %.1f us if all are by one key. %d endorsers do, so that a message takes %.1f to %.1f us, "+
		"and %d processors can do no more than %.0f messages a second of devices of their own, and %.0f of one device, each verified by all endorsers, whatever else is improved.\n\n", us(v.alone), us(v.ownKeys), us(v.oneKey), sizing.Quorum(l.network.Members),
		us(l.floor(v.oneKey)), us(l.floor(v.ownKeys)), l.conditions.CPUs, l.most(v.ownKeys), l.most(v.oneKey))
	if len(l.inFull()) == 0 {
		return out.String()
	}
	out.WriteString("| | messages/s | of the limit of own keys, of one key | processor time of a message, us | of that signatures, by own keys |\n|---|---|---|---|---|\n")
	for _, i := range l.inFull() {
		fmt.Fprintf(&out, "| %s | %.1f | %.1f %%, %.1f %% | %.0f | %.1f %% |\n", i.name, i.rate(), 100*i.rate()/l.most(v.ownKeys), 100*i.rate()/l.most(v.oneKey), us(i.perMessage(all)),
			100*float64(l.floor(v.ownKeys))/float64(max(i.perMessage(all), 1)))
	}
	return out.String()
}

func (l limits) flat(figures map[string]any) {
	v := l.verified
	if v.ownKeys == 0 {
		return
	}
	figures["verify_cpu_us"], figures["verify_own_keys_cpu_us"], figures["verify_one_key_cpu_us"] = us(v.alone), us(v.ownKeys), us(v.oneKey)
	figures["limit_own_keys_messages_per_second"], figures["limit_one_key_messages_per_second"] = l.most(v.ownKeys), l.most(v.oneKey)
	for _, i := range l.inFull() {
		figures[i.id()+"of_own_keys_limit_percent"], figures[i.id()+"of_one_key_limit_percent"] = 100*i.rate()/l.most(v.ownKeys), 100*i.rate()/l.most(v.oneKey)
	}
}

func (limits) charts() map[string]string { return nil }
