package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// followPoll is how often a followed log is looked at.
const followPoll = 200 * time.Millisecond

// maxTailBytes bounds how much of a log's end is read to find its last lines.
const maxTailBytes = 1 << 20

func logsCommand(f *flags) *cobra.Command {
	var lines int
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print the end of a process's log",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, name, err := f.process(args[0])
			if err != nil {
				return err
			}
			log, err := os.Open(n.LogFile(filepath.Base(name)))
			if errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("no log of %q; there are: %s", args[0], logNames(n.LogDir()))
			}
			if err != nil {
				return err
			}
			defer log.Close()
			if err := printTail(cmd.OutOrStdout(), log, lines); err != nil || !follow {
				return err
			}
			return copyGrowing(cmd.Context(), cmd.OutOrStdout(), log)
		},
	}
	cmd.Flags().IntVarP(&lines, "lines", "n", 50, "how many lines to print")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on printing as the log grows")
	return cmd
}

// logNames lists the processes that have a log.
func logNames(dir string) string {
	paths, _ := filepath.Glob(filepath.Join(dir, "*.log")) // the pattern is valid
	if len(paths) == 0 {
		return "none, the network was never up"
	}
	var names []string
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".log"))
	}
	return strings.Join(names, ", ")
}

// printTail prints the last lines of a log and leaves it at its end.
func printTail(out io.Writer, log *os.File, lines int) error {
	size, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	if _, err := log.Seek(max(0, size-maxTailBytes), io.SeekStart); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	data, err := io.ReadAll(log)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	_, err = out.Write(tail(data, lines))
	return err
}

// tail is the last lines of data, the final newline included.
func tail(data []byte, lines int) []byte {
	if lines <= 0 {
		return nil
	}
	at := len(bytes.TrimSuffix(data, []byte("\n")))
	for range lines {
		if at = bytes.LastIndexByte(data[:max(at, 0)], '\n'); at < 0 {
			return data
		}
	}
	return data[at+1:]
}

// copyGrowing copies what is appended to the log until ctx ends.
func copyGrowing(ctx context.Context, out io.Writer, log io.Reader) error {
	for {
		if _, err := io.Copy(out, log); err != nil {
			return fmt.Errorf("follow log: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followPoll):
		}
	}
}
