package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Call is one request.
type Call struct {
	Method string
	Path   string // with its query
	Body   any    // sent as JSON; a []byte is sent as it is, and nil sends none
	Header http.Header
}

// Answer is what came back, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a request, once. Its error says that there was no answer; a status of 400 or
// above is none.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	content, err := encode(call.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", call.Method, call.Path, err)
	}
	return c.once(ctx, call, content)
}

// encode renders a body; nil for none.
func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	default:
		content, err := json.Marshal(b)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		return content, nil
	}
}

func (c *Client) once(ctx context.Context, call Call, content []byte) (Answer, error) {
	request, err := c.request(ctx, call, content)
	if err != nil {
		return Answer{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("call gateway: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read from
	body, err := io.ReadAll(io.LimitReader(response.Body, c.options.MaxAnswer+1))
	if err != nil {
		return Answer{}, fmt.Errorf("read gateway answer: %w", err)
	}
	if int64(len(body)) > c.options.MaxAnswer {
		return Answer{}, fmt.Errorf("read gateway answer: it is longer than %d bytes", c.options.MaxAnswer)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

func (c *Client) request(ctx context.Context, call Call, content []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, call.Method, c.base+call.Path, bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, values := range call.Header {
		request.Header[name] = values
	}
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.options.Token == nil {
		return request, nil
	}
	token, err := c.options.Token(ctx)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return request, nil
}

// Read returns a record.
//
// Errors: a *Problem for an answer that is no success; anything else says that no answer
// came, after as many attempts as Options say.
func Read[T any](ctx context.Context, c *Client, path string) (T, error) {
	return Ask[T](ctx, c, Call{Method: http.MethodGet, Path: path})
}

// Ask returns a record for a call that changes nothing, so that it may be repeated. Errors
// are those of Read.
func Ask[T any](ctx context.Context, c *Client, call Call) (T, error) {
	var record T
	answer, err := c.persist(ctx, call, repetition{lost: true, conflict: true})
	if err != nil {
		return record, err
	}
	return record, decode(answer, call, &record)
}

func decode(a Answer, call Call, into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return fmt.Errorf("%s %s: decode answer: %w", call.Method, call.Path, err)
	}
	return nil
}
