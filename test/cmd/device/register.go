package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

func registerCommand(f *fleet) *cobra.Command {
	var owner, model, consortium, submit string
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Print the signed registration of each device, or send it to its owner's gateway",
		Long: `Print the signed registration of each device, one a line. It is what
POST /v1/devices takes as {"registration": "...", "activate": true}. With --submit it
is sent there, and the device is active at once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.each(func(d *device.Device) error {
				text, err := d.Enroll(owner, model, consortium)
				if err != nil {
					return err
				}
				if submit != "" {
					text, err = submitted(submit, owner, func(operator *app.App) (client.Written[waymark.Device], error) {
						return operator.RegisterDevice(cmd.Context(), waymark.RegisterDeviceRequest{Registration: text, Activate: true})
					})
				}
				if err == nil {
					_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&owner, "owner", "producer", "the member that owns the device")
	cmd.Flags().StringVar(&model, "model", "TL-20", "what the device is")
	cmd.Flags().StringVar(&consortium, "consortium", device.DefaultConsortium, "the consortium that its messages are for")
	cmd.Flags().StringVar(&submit, "submit", "", "endpoints file: send the registration to the owner's gateway")
	return cmd
}

func rotateCommand(f *fleet) *cobra.Command {
	var algorithm, submit, owner string
	var activate, abandon bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Make the next key and print the signed rotation; --activate once it is on the ledger",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.each(func(d *device.Device) error {
				switch {
				case activate:
					return d.Activate()
				case abandon:
					return d.Abandon()
				}
				text, err := d.Rotate(attest.Algorithm(algorithm))
				if err != nil {
					return err
				}
				if submit != "" {
					if text, err = submitted(submit, owner, func(operator *app.App) (client.Written[waymark.Device], error) {
						return operator.RotateDeviceKey(cmd.Context(), waymark.RotateKeyRequest{Device: d.ID(), Rotation: text})
					}); err != nil {
						return err
					}
					err = d.Activate()
				}
				_, _ = fmt.Fprintln(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&algorithm, "algorithm", string(attest.Ed25519), "EdDSA (Ed25519), ES256 (ECDSA P-256) or ML-DSA-44, of the next key")
	cmd.Flags().BoolVar(&activate, "activate", false, "put the next key in force: its rotation is on the ledger")
	cmd.Flags().BoolVar(&abandon, "abandon", false, "give the next key up: its rotation never reached the ledger")
	cmd.Flags().StringVar(&submit, "submit", "", "endpoints file: send the rotation to the owner's gateway, then activate")
	cmd.Flags().StringVar(&owner, "owner", "producer", "the member that owns the device")
	cmd.MarkFlagsMutuallyExclusive("activate", "abandon", "submit")
	return cmd
}

// submitted writes as the owner's operator and says where that is on the ledger.
func submitted(file, owner string, write func(*app.App) (client.Written[waymark.Device], error)) (string, error) {
	network, err := endpoints.Load(file)
	if err != nil {
		return "", err
	}
	operator, err := app.New(network, owner, waymark.Operator)
	if err != nil {
		return "", err
	}
	written, err := write(operator)
	if err != nil {
		return "", err
	}
	d, commit := written.Result, written.Transaction
	return fmt.Sprintf("%s: %s, key %s, transaction %s in block %d", d.ID, d.State, d.Keys[len(d.Keys)-1].ID, commit.TxID, commit.BlockNumber), nil
}
