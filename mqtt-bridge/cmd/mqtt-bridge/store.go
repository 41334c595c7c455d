package main

import (
	"fmt"
	"io"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
)

// storeFiles runs a command on the files of the embedded broker. No bridge may have them open.
func storeFiles(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	c, err := loadConfig(args[1:])
	if err != nil {
		return err
	}
	var faults []string
	switch args[0] {
	case "check":
		faults, err = broker.CheckStore(c.Embedded.StoreDir)
	case "salvage":
		faults, err = broker.SalvageStore(c.Embedded.StoreDir, time.Now())
	default:
		return errUsage
	}
	for _, f := range faults {
		if _, err := fmt.Fprintln(out, f); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d places are damaged\n", len(faults))
	return err
}
