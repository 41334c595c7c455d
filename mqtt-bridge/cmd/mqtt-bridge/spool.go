package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// spoolFile runs a command on the spool's file. No bridge may have it open.
func spoolFile(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	c, err := config.Load(*path, os.Environ())
	if err != nil {
		return err
	}
	switch args[0] {
	case "check":
		report, err := spool.Check(c.SpoolDir)
		return errors.Join(writeReport(out, report), err)
	case "salvage":
		report, old, err := spool.Salvage(c.SpoolDir, time.Now())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, "the damaged spool is kept as", old)
		return errors.Join(err, writeReport(out, report))
	}
	return errUsage
}

func writeReport(out io.Writer, r spool.Report) error {
	missing := fmt.Sprintf("%d messages were", r.Unreadable)
	if r.Uncounted {
		missing = "how many there should be is lost, too, so nobody knows how many were"
	}
	_, err := fmt.Fprintf(out, "%d messages wait, %d are in quarantine, %d are held, %d records have no good checksum; %s not found\n",
		r.Messages, r.Quarantined, r.Held, r.Corrupt, missing)
	if r.Mended {
		_, err = fmt.Fprintln(out, "a flipped bit was put right: check the disk")
	}
	if r.Torn {
		_, err = fmt.Fprintln(out, "the last transaction does not hold: after a power loss that is one that was not acknowledged, else it is lost")
	}
	return err
}
