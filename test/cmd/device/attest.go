package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

func attestCommand(f *fleet) *cobra.Command {
	var a waymark.Attestation
	var seals []string
	var format string
	cmd := &cobra.Command{
		Use:   "attest",
		Short: "Print each device's signed word at a handoff: what it has sent, and what it found of the seals",
		Long: `Print each device's signed attestation at a handoff, one a line. It is what
POST /v1/shipments/{shipment}/handoffs/{number}/accept takes as {"attestations": [...]}.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.At = now().Unix()
			for _, text := range seals {
				id, state, _ := strings.Cut(text, "=")
				a.Seals = append(a.Seals, waymark.Seal{ID: id, State: waymark.SealState(state)})
			}
			return f.each(func(d *device.Device) error {
				text, err := d.Attest(attest.Format(format), a)
				if err == nil {
					_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&a.Shipment, "shipment", "", "the shipment that changes hands")
	cmd.Flags().Uint64Var(&a.Handoff, "handoff", 1, "the number of the handoff")
	cmd.Flags().StringVar(&a.Nonce, "nonce", "", "the nonce that its offer gave it (GET /v1/shipments/{shipment})")
	cmd.Flags().StringSliceVar(&seals, "seal", nil, "a seal and what the device finds: ID=intact, broken, missing or applied; several are separated by commas")
	cmd.Flags().StringVar(&format, "format", string(attest.JWS), "cose or jws")
	return cmd
}
