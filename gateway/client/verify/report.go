package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// never are what no receipt shows, whatever is in it.
var never = [...]string{
	"when: the time is what the creator claims, and certificates are not checked for expiry or revocation",
	"that no earlier block holds the same envelope: only its first copy counts",
}

// Print writes a report for people.
func (r Report) Print(w io.Writer) error {
	var b bytes.Buffer
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-13s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("transaction", "%s", r.TxID)
	line("status", "%s, say peers of %s", r.Status, list(r.Attesters))
	line("block", "%d, position %d, channel %q, signed by the orderers %s", r.BlockNumber, r.Position, r.Channel, list(r.Orderers))
	line("creator", "%s", list([]Signer{r.Creator}))
	line("endorsers", "%s", list(r.Endorsers))
	line("time", "%s", r.Time.Format(time.RFC3339Nano))
	line("chaincode", "%q", r.Chaincode)
	for i, arg := range r.Args {
		line([]string{"function", "argument"}[min(i, 1)], "%q", legible(arg))
	}
	if len(r.Result) > 0 {
		line("result", "%q", r.Result)
	}
	for _, text := range append(r.Unproven, never[:]...) {
		line("not shown", "%s", text)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return nil
}

// legible is an argument in the form of JSON, if it has one.
func legible(argument []byte) []byte {
	if !recording.IsCBOR(argument) {
		return argument
	}
	request, err := recording.Decode(argument)
	if err != nil {
		return argument
	}
	text, err := json.Marshal(request)
	if err != nil {
		return argument
	}
	return text
}

// list names signers, quoted since certificates may hold anything.
func list(signers []Signer) string {
	if len(signers) == 0 || signers[0].Member == "" {
		return "nobody"
	}
	var names []string
	for _, s := range signers {
		names = append(names, fmt.Sprintf("%s (%q)", s.Member, s.Name))
	}
	return strings.Join(names, ", ")
}
