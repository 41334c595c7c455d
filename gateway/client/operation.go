package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What the generated methods share. What else is in this package must not call those methods: their
// generator is built with it, also when they were wrong and removed.

// submit makes a write whose request is well formed.
func submit[T any](ctx context.Context, c *Client, r waymark.Validator, method, path string, body any, options []WriteOption) (Written[T], error) {
	if err := check(r); err != nil {
		return Written[T]{}, err
	}
	return Write[T](ctx, c, method, path, body, options...)
}

// ask asks a question that is well formed.
func ask[T any](ctx context.Context, c *Client, r waymark.Validator, method, path string, body any) (T, error) {
	if err := check(r); err != nil {
		return *new(T), err
	}
	return Ask[T](ctx, c, Call{Method: method, Path: path, Body: body})
}

// change makes a change of what the gateway itself keeps, whose request is well formed. It is made again
// only where it was not made.
func change[T any](ctx context.Context, c *Client, r waymark.Validator, method, path string, body any) (T, error) {
	var record T
	if err := check(r); err != nil {
		return record, err
	}
	call := Call{Method: method, Path: path, Body: body}
	answer, err := c.persist(ctx, call, repetition{})
	if err != nil {
		return record, err
	}
	return record, decode(answer, call, &record)
}

// check finds faults that the gateway would answer with, without asking it.
func check(r waymark.Validator) error {
	err := r.Validate()
	if err == nil {
		return nil
	}
	e := waymark.AsError(err)
	return &Problem{Status: e.Code.HTTPStatus(), Code: e.Code, Detail: e.Message, Field: e.Field, unsent: true}
}

// query renders those parameters that have a value.
func query(parameters map[string]string) string {
	values := make(url.Values)
	for name, value := range parameters {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// truth is a flag as a parameter; none for false.
func truth(is bool) string {
	if !is {
		return ""
	}
	return "true"
}

// count is a number as a parameter; none for 0.
func count[N int | uint64](n N) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// instant is a time as a parameter; none for the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// errStays is a page that would be asked for without end.
var errStays = errors.New("the gateway answers with the page after a cursor, and goes on at the same cursor")

// pages iterates over the entries of pages from a cursor on. next returns those after a cursor,
// and the cursor that goes on, which is empty at the end.
func pages[E any](cursor string, next func(cursor string) ([]E, string, error)) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for at, more := cursor, true; more; {
			entries, following, err := next(at)
			if err == nil && following != "" && following == at {
				err = errStays
			}
			if err != nil {
				yield(*new(E), err)
				return
			}
			more = each(entries, yield) && following != ""
			at = following
		}
	}
}

// each reports whether all entries were wanted.
func each[E any](entries []E, yield func(E, error) bool) bool {
	return !slices.ContainsFunc(entries, func(e E) bool { return !yield(e, nil) })
}
