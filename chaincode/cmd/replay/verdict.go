package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/internal/recount"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// verdict comes to the verdict of an acceptance again. The arguments are the file of a shipment
// (GET /v1/shipments/{id}), the file of a JSON array of messages and runs as they are in the
// blocks, and the number of the handoff, of the last one if it is left out.
func verdict(arguments []string, out, errs io.Writer) int {
	if len(arguments) < 2 || len(arguments) > 3 {
		fmt.Fprintln(errs, "usage: replay verdict SHIPMENT MESSAGES [HANDOFF]")
		return usage
	}
	view, messages, number, err := readShipment(arguments)
	if err != nil {
		fmt.Fprintln(errs, "replay:", err)
		return usage
	}
	kept, found, err := recount.Again(view, number, messages)
	if err == nil {
		err = recount.Compare(kept, found)
	}
	if err != nil {
		fmt.Fprintln(errs, "replay: the verdict does not hold:", err)
		return other
	}
	fmt.Fprintf(out, "%s: %s, because %v, by %s %s, from %d messages\n", view.Shipment.ID, found.State, found.Reasons, found.Profile.Name, found.Profile.Version, len(messages))
	return same
}

func readShipment(arguments []string) (view waymark.ShipmentView, messages []recount.Message, number uint64, err error) {
	if len(arguments) == 3 {
		if number, err = strconv.ParseUint(arguments[2], 10, 64); err != nil {
			return view, nil, 0, err
		}
	}
	if err := decode(arguments[0], &view); err != nil {
		return view, nil, 0, err
	}
	texts, err := os.ReadFile(arguments[1]) //nolint:gosec // the files are the arguments
	if err != nil {
		return view, nil, 0, err
	}
	var list []string
	if err := json.Unmarshal(texts, &list); err != nil {
		return view, nil, 0, fmt.Errorf("%s: %w", arguments[1], err)
	}
	for i, text := range list {
		entry, err := recount.Parse(text)
		if err != nil {
			return view, nil, 0, fmt.Errorf("%s: message %d: %w", arguments[1], i, err)
		}
		messages = append(messages, entry...)
	}
	return view, messages, number, nil
}
