package main

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/status"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// errWrong is an answer that is not about what was asked for.
var errWrong = errors.New("wrong answer")

// failure names what kept a call from doing what it should.
func failure(err error) string {
	var code invalid
	if problem, ok := client.AsProblem(err); ok {
		return string(problem.Code)
	}
	switch {
	case errors.Is(err, errWrong):
		return errWrong.Error()
	case errors.As(err, &code):
		return strings.ToLower(code.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return status.Convert(err).Message()
}
