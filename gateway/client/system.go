package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Health is the answer of a gateway whose process serves.
type Health struct {
	Status string `json:"status"` // always "ok"
}

// Readiness is the answer of a gateway that is ready. One that is not answers a Problem
// with the same parts.
type Readiness struct {
	Status string `json:"status"` // always "ready"
	Parts  []Part `json:"parts"`
}

// Part is how a part of a gateway is.
type Part struct {
	Part     string    `json:"part"` // lower case, as in "peer"
	Ready    bool      `json:"ready"`
	Optional bool      `json:"optional,omitempty"` // the gateway is ready without it
	Since    time.Time `json:"since"`              // of Ready; UTC, to the second
	Detail   string    `json:"detail,omitempty"`   // what is wrong; or how it works, if that is not the same everywhere
}

// once asks how a gateway is, which is told once and not waited for.
func once[T any](ctx context.Context, c *Client, path string) (T, error) {
	var state T
	body, err := raw(ctx, c, path)
	if err != nil {
		return state, err
	}
	if err := json.Unmarshal(body, &state); err != nil {
		return state, fmt.Errorf("GET %s: decode answer: %w", path, err)
	}
	return state, nil
}

// raw is once for what is no record.
func raw(ctx context.Context, c *Client, path string) ([]byte, error) {
	answer, err := c.Do(ctx, Call{Method: http.MethodGet, Path: path})
	if err != nil {
		return nil, err
	}
	if answer.Status >= http.StatusMultipleChoices {
		return nil, problemOf(answer, time.Now())
	}
	return answer.Body, nil
}
