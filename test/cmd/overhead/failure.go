package main

import (
	"context"
	"errors"

	"google.golang.org/grpc/status"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/bare"
)

// errWrong is an answer that is not about what was asked for.
var errWrong = errors.New("wrong answer")

// failure names what kept a call from doing what it should.
func failure(err error) string {
	var code bare.Invalid
	if problem, ok := client.AsProblem(err); ok {
		return string(problem.Code)
	}
	switch {
	case errors.Is(err, errWrong):
		return errWrong.Error()
	case errors.As(err, &code):
		return code.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return status.Convert(err).Message()
}
