// Command chaincode serves Waymark's contracts to one peer, as a service: the
// peer connects to it, over mutual TLS.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/contract"
	"github.com/waymark-ledger/waymark/chaincode/internal/service"
	"go.uber.org/zap"
)

func main() {
	if err := run(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(1)
	}
}

// run serves until the process is ended. Its settings are those of service.New.
func run(getenv func(string) string) error {
	log, err := zap.NewProduction()
	if err != nil {
		return fmt.Errorf("make logger: %w", err)
	}
	defer func() { _ = log.Sync() }() // standard error cannot always be synced
	server, err := service.New(nil, getenv)
	if err != nil {
		return err
	}
	// After the settings, which are sooner read than the contracts are assembled.
	if server.CC, err = contract.New(log, time.Now); err != nil {
		return err
	}
	log.Info("chaincode serves", zap.String("address", server.Address), zap.String("chaincode_id", server.CCID))
	return server.Start()
}
