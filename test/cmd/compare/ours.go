package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

// registration is the registration of a device by its owner, with the device's own
// signature.
func registration(as who, d *speaker.Speaker) (call, error) {
	text, err := d.Registration(as.member)
	if err != nil {
		return call{}, err
	}
	k, err := ours(as, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: text, Activate: true})
	k.check = func(answer []byte) error {
		var registered waymark.Device
		if err := json.Unmarshal(answer, &registered); err != nil || registered.ID != d.ID {
			return fmt.Errorf("%w: %s", errWrong, answer)
		}
		return nil
	}
	return k, err
}

// register registers a new device of a member.
func register(as who, device string) (call, error) {
	d, err := speaker.New(device, channel)
	if err != nil {
		return call{}, err
	}
	return registration(as, d)
}

func ourRegister(inFlight, _, n int) (call, error) { return register(owner, deviceID(inFlight, n)) }

// put is a policy that lets the asker have the telemetry of one device until a time,
// as theirs do. created makes one differ from the one before.
func put(as who, id, device string, created int) (call, error) {
	text := fmt.Sprintf(`// %d
permit (principal in Waymark::Member::%q, action == Waymark::Action::"ReadTelemetry", resource == Waymark::Telemetry::%q)
when { principal.role == "operator" && context.time < datetime("2100-01-01T00:00:00Z") };`, created, asker.member, device)
	k, err := ours(as, waymark.PoliciesPut, waymark.PutPolicyRequest{ID: id, Text: text})
	k.check = func(answer []byte) error {
		var p waymark.Policy
		if err := json.Unmarshal(answer, &p); err != nil || p.Text != text {
			return fmt.Errorf("%w: %s", errWrong, answer)
		}
		return nil
	}
	return k, err
}

// ourReplacement replaces a policy of the worker's own.
func ourReplacement(inFlight, worker, n int) (call, error) {
	if worker == waymark.MaxOwnPolicies-1 { // the one that permits stays what it is for
		return put(crowded, crowdedID(worker), busy, inFlight*1000000+n+1)
	}
	return put(crowded, crowdedID(worker), "other-"+strconv.Itoa(worker), inFlight*1000000+n+1)
}

// ourDecision asks for the telemetry of a device, or has the answer recorded.
func ourDecision(tx waymark.Transaction, device string) next {
	return func(int, int, int) (call, error) {
		k, err := ours(asker, tx, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: device})
		k.check = allowed
		return k, err
	}
}

// allowed checks an answer of Check or the receipt of Authorize.
func allowed(answer []byte) error {
	var a struct {
		Allowed  bool             `json:"allowed"`
		Decision waymark.Decision `json:"decision"`
	}
	if err := json.Unmarshal(answer, &a); err != nil || !a.Allowed && !a.Decision.Allowed {
		return fmt.Errorf("%w: %s", errWrong, answer)
	}
	return nil
}
