package main

import (
	"fmt"
	"strconv"
)

// Calls of fabric-iot's chaincodes, as its own client and its load test make them.

// ended is an end time in seconds that no run reaches: 2100.
const ended = 4102444800

func url(device string) string { return "https://devices.example/" + device }

// answers checks an answer letter for letter.
func answers(want string) func([]byte) error {
	return func(answer []byte) error {
		if string(answer) != want {
			return fmt.Errorf("%w: %q instead of %q", errWrong, answer, want)
		}
		return nil
	}
}

func addURL(device string) call {
	return call{as: owner, chaincode: "dc", function: "AddURL", args: []string{device, url(device)}, check: answers("OK")}
}

// addPolicy adds or updates the policy that lets a user have a device. created makes
// one differ from the one before.
func addPolicy(as who, function, user, device string, created int) call {
	policy := fmt.Sprintf(`{"AS":{"userId":%q,"role":"operator","group":"g1"},"AO":{"deviceId":%q,"MAC":"00:11:22:33:44:55"},`+
		`"AP":1,"AE":{"createdTime":%d,"endTime":%d,"allowedIP":"*.*.*.*"}}`, user, device, created, ended)
	return call{as: as, chaincode: "pc", function: function, args: []string{policy}, check: answers("OK")}
}

func theirRegister(inFlight, _, n int) (call, error) {
	return addURL(deviceID(inFlight, n)), nil
}

// theirNewPolicy is added by whoever adds ours.
func (b *bench) theirNewPolicy(inFlight, _, n int) (call, error) {
	return addPolicy(b.authorAt(inFlight), "AddPolicy", asker.member, deviceID(inFlight, n), n), nil
}

// theirReplacement updates a policy of the worker's own.
func theirReplacement(_, worker, n int) (call, error) {
	return addPolicy(crowded, "UpdatePolicy", asker.member, "other-"+strconv.Itoa(worker), n+1), nil
}

func theirDecision(device string) next {
	request := fmt.Sprintf(`{"AS":{"userId":%q,"role":"operator","group":"g1"},"AO":{"deviceId":%q,"MAC":"00:11:22:33:44:55"}}`, asker.member, device)
	return func(int, int, int) (call, error) {
		return call{as: asker, chaincode: "ac", function: "CheckAccess", args: []string{request}, check: answers(url(device))}, nil
	}
}

// theirData says anew where the data of the worker's own device is.
func theirData(_, worker, _ int) (call, error) {
	k := addURL("speaker-" + strconv.Itoa(worker))
	k.as = relay
	return k, nil
}

// deviceID is the same on both sides.
func deviceID(inFlight, n int) string { return fmt.Sprintf("device-%d-%d", inFlight, n) }
