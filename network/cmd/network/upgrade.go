package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/waymark-ledger/waymark/network/internal/consortium"
	"github.com/waymark-ledger/waymark/network/internal/toolchain"
)

func upgradeCommand(f *flags) *cobra.Command {
	var opts consortium.UpgradeOptions
	var noBuild bool
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Take the running network to the next definition of the chaincode, which all members approve",
		Long: `Take the running network to the next definition of the chaincode, which all members
approve. The chaincode that runs goes on serving until every peer runs the new one.
After a failure, repeat it: it goes on to the same definition. Once members have been asked
to approve, it keeps the program that they were asked for and builds none.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, n, err := f.open(cmd)
			if err != nil {
				return err
			}
			if opts.Chaincode, err = absolute(opts.Chaincode); err != nil {
				return err
			}
			if !noBuild {
				opts.Build = func(ctx context.Context) error {
					return build(ctx, n.Bin, []toolchain.Target{toolchain.Chaincode()})
				}
			}
			return c.Upgrade(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Chaincode, "chaincode", "", "program of the new chaincode (default the one in --bin, built anew)")
	cmd.Flags().BoolVar(&noBuild, "no-build", false, "use the program in --bin as it is")
	return cmd
}

// absolute is path made absolute; empty stays empty.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}
