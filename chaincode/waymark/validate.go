package waymark

import (
	"slices"
	"strconv"
	"time"
)

// Validator is a request that can check its own form. Every request of the
// vocabulary is one; the chaincode and the gateway both call it before they
// look at anything else.
type Validator interface {
	// Validate returns an Invalid error that points at the first fault, or nil.
	Validate() error
}

// first returns the first error that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// optional runs check unless text is empty.
func optional(text string, check func() error) error {
	if text == "" {
		return nil
	}
	return check()
}

// validateOnce checks that no id is in a list twice.
func validateOnce(pointer string, ids []string) error {
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return InvalidField(pointer+"/"+strconv.Itoa(i), "is in the list twice")
		}
	}
	return nil
}

// validateTogether checks that texts are not too much for one transaction.
func validateTogether(pointer string, texts []string) error {
	total := 0
	for _, text := range texts {
		total += len(text)
	}
	if total > MaxBatchBytes {
		return InvalidField(pointer, "must be at most %d bytes together, have %d", MaxBatchBytes, total)
	}
	return nil
}

// validateEnd checks when something ends.
func validateEnd(t time.Time) error {
	if t.IsZero() {
		return InvalidField("/expires_at", "must be a time (RFC 3339)")
	}
	return nil
}
