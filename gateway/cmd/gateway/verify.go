package main

import (
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

// claim is what is to be checked.
type claim struct {
	receipt, tx string // a file, and the transaction that is meant
	reading, id string // a file, and the reading that is meant
	key         string // a file: of the device
}

// whole reports whether there is one thing to be checked, and nothing else is asked about it than can be.
func (c claim) whole() bool {
	return (c.receipt == "") != (c.reading == "") && (c.key == "" || c.reading != "")
}

// verifyReceipt checks a receipt, or the proof of a reading, offline and says what it proves. It fails unless it holds.
func verifyReceipt(flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway verify", flag.ContinueOnError)
	var given claim
	set.StringVar(&given.receipt, "receipt", "", "the receipt, as GET /v1/transactions/{id}/receipt answered it; - for standard input")
	set.StringVar(&given.tx, "tx", "", "the id of the transaction that it has to be the receipt of; any if absent")
	set.StringVar(&given.reading, "reading", "", "in place of a receipt, the proof of a reading, as GET /v1/readings/{reading}/proof answered it; - for standard input")
	set.StringVar(&given.id, "id", "", "the id of the reading that it has to be the proof of; any if absent")
	set.StringVar(&given.key, "device-key", "", "the public key of the device (JWK), as GET /v1/devices/{id} has it: it has to have signed the message of the reading; that is not asked if absent")
	orderers := set.Int("orderers", 0, "how many orderers there are; one a member if absent, 1 to believe a single one (Raft)")
	unnamed := set.Bool("roles-unnamed", false, "there are members without NodeOUs: a certificate that names no role counts for any role")
	trust := verify.Trust{Members: make(map[string]*x509.CertPool)}
	set.Func("ca", "MEMBER=FILE: the authorities of a member's identities, PEM; once for each member of the consortium", func(text string) error {
		member, pem, ok := strings.Cut(text, "=")
		if !ok || member == "" || trust.Members[member] != nil {
			return fmt.Errorf("%q is not MEMBER=FILE of another member", text)
		}
		roots, err := client.Roots(pem)
		trust.Members[member] = roots
		return err
	})
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	if !given.whole() || len(trust.Members) == 0 {
		fmt.Fprint(stderr, "--receipt or --reading, and --ca are needed\n", usage)
		return errUsage
	}
	trust.Orderers, trust.RolesUnnamed = *orderers, *unnamed
	if given.reading != "" {
		return given.proveReading(trust, stdout)
	}
	receipt, err := readFile(given.receipt, verify.Read)
	if err != nil {
		return err
	}
	return prove(trust, receipt, given.tx, stdout)
}

// proveReading prints what the proof of a reading proves, if it is of the reading that is meant.
func (c claim) proveReading(trust verify.Trust, stdout io.Writer) error {
	proof, err := readFile(c.reading, verify.ReadReading)
	if err != nil {
		return err
	}
	of := waymark.ReadingRef{Device: proof.Reading.Device, Sequence: proof.Reading.Sequence, Index: proof.Reading.Index}.String()
	if c.id != "" && of != c.id {
		return fmt.Errorf("the proof is of reading %q, not %q", of, c.id)
	}
	if c.key != "" {
		key, err := readFile(c.key, readKey)
		if err != nil {
			return err
		}
		trust.DeviceKey = &key
	}
	report, err := trust.VerifyReading(proof)
	if err != nil {
		return fmt.Errorf("the proof proves nothing: %w", err)
	}
	return report.Print(stdout)
}

// maxKey bounds a key, in bytes.
const maxKey = 64 << 10

// readKey reads the public key of a device.
func readKey(r io.Reader) (key waymark.JWK, err error) {
	if err := json.UnmarshalRead(io.LimitReader(r, maxKey), &key); err != nil {
		return key, fmt.Errorf("read the device's key: %w", err)
	}
	return key, nil
}

// prove prints what a receipt proves, if it is of the transaction that is meant.
func prove(trust verify.Trust, receipt verify.Receipt, txID string, stdout io.Writer) error {
	if txID != "" && receipt.TxID != txID {
		return fmt.Errorf("the receipt is of transaction %q, not %q", receipt.TxID, txID)
	}
	report, err := trust.Verify(receipt)
	if err != nil {
		return fmt.Errorf("the receipt proves nothing: %w", err)
	}
	return report.Print(stdout)
}

// readFile reads what is to be checked.
func readFile[T any](file string, read func(io.Reader) (T, error)) (T, error) {
	if file == "-" {
		return read(os.Stdin)
	}
	f, err := os.Open(file) //nolint:gosec // the caller names the file
	if err != nil {
		return *new(T), fmt.Errorf("open what is to be checked: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	return read(f)
}
