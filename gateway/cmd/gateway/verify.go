package main

import (
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

// verifyReceipt checks a receipt offline and says what it proves. It fails unless it holds.
func verifyReceipt(flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway verify", flag.ContinueOnError)
	file := set.String("receipt", "", "the receipt, as GET /v1/transactions/{id}/receipt answered it; - for standard input")
	txID := set.String("tx", "", "the id of the transaction that it has to be the receipt of; any if absent")
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
	if *file == "" || len(trust.Members) == 0 {
		fmt.Fprint(stderr, "--receipt and --ca are needed\n", usage)
		return errUsage
	}
	trust.Orderers, trust.RolesUnnamed = *orderers, *unnamed
	receipt, err := readReceipt(*file)
	if err != nil {
		return err
	}
	return prove(trust, receipt, *txID, stdout)
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

func readReceipt(file string) (verify.Receipt, error) {
	if file == "-" {
		return verify.Read(os.Stdin)
	}
	f, err := os.Open(file) //nolint:gosec // the caller names the file
	if err != nil {
		return verify.Receipt{}, fmt.Errorf("open receipt: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	return verify.Read(f)
}
