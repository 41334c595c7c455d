package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

func keyCommand(f *fleet) *cobra.Command {
	var algorithm string
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Create devices, each with a new key that never leaves its folder",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ids, err := f.list()
			if err != nil {
				return err
			}
			for _, id := range ids {
				d, err := device.Create(f.dir, device.Settings{ID: id, Algorithm: attest.Algorithm(algorithm)})
				if err != nil {
					return err
				}
				if err := d.Close(); err != nil {
					return err
				}
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: key %s (%s) in %s\n", id, d.KeyID(), algorithm, f.dir)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&algorithm, "algorithm", string(attest.Ed25519), "EdDSA (Ed25519), ES256 (ECDSA P-256) or ML-DSA-44")
	return cmd
}

func showCommand(f *fleet) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Print where each device's chain stands",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.each(func(d *device.Device) error {
				last, digest := d.Last()
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: key %s, last message %d, digest %x, %d in the outbox\n",
					d.ID(), d.KeyID(), last, digest, len(d.Outbox()))
				return err
			})
		},
	}
}

func recoverCommand(f *fleet) *cobra.Command {
	var recorded uint64
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Start the chain again after its state was lost: one number is left out and stays a gap",
		Args:  cobra.NoArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			return f.each(func(d *device.Device) error { return d.Recover(recorded) })
		},
	}
	cmd.Flags().Uint64Var(&recorded, "recorded", 0, "the last number that the ledger has (GET /v1/devices/{id}/stream)")
	return cmd
}
