package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// ErrNotRunning says that no supervisor answers: the network is down.
var ErrNotRunning = errors.New("the network is down")

const (
	requestTimeout = 30 * time.Second
	launchTimeout  = 5 * time.Second
	launchPoll     = 10 * time.Millisecond
)

// Client controls a supervisor.
type Client struct {
	http *http.Client
}

// Dial returns a client of the supervisor at socket. It connects at each call.
func Dial(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &Client{http: &http.Client{Timeout: requestTimeout, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// Launch starts argv, which is to call Serve on socket, detached from the
// caller's terminal and session, and returns when it answers. Its output goes to
// logFile.
func Launch(ctx context.Context, argv []string, socket, logFile string) (*Client, error) {
	log, err := openLog(logFile)
	if err != nil {
		return nil, fmt.Errorf("open supervisor log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
	}()

	client := Dial(socket)
	ctx, cancel := context.WithTimeout(ctx, launchTimeout)
	defer cancel()
	for {
		if _, err := client.Statuses(ctx); err == nil {
			return client, nil
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("the supervisor ended at start (%s): see %s", cmd.ProcessState, logFile)
		case <-ctx.Done():
			return nil, fmt.Errorf("the supervisor does not answer: see %s", logFile)
		case <-time.After(launchPoll):
		}
	}
}

// Statuses reports on every process. It returns ErrNotRunning if there is no
// supervisor, as does every other method.
func (c *Client) Statuses(ctx context.Context) ([]Status, error) {
	var statuses []Status
	return statuses, c.call(ctx, http.MethodGet, "/processes", nil, &statuses)
}

// Ensure makes a process run as spec says: it starts one that is down and
// restarts one that runs otherwise.
func (c *Client) Ensure(ctx context.Context, spec Spec) (Status, error) {
	var status Status
	return status, c.call(ctx, http.MethodPut, "/processes/"+url.PathEscape(spec.Name), spec, &status)
}

// Start starts a process again, as it was last run.
func (c *Client) Start(ctx context.Context, name string) (Status, error) {
	return c.act(ctx, name, "start")
}

// Stop ends a process with SIGTERM, then SIGKILL, and keeps it down.
func (c *Client) Stop(ctx context.Context, name string) (Status, error) {
	return c.act(ctx, name, "stop")
}

// Kill ends a process with SIGKILL.
func (c *Client) Kill(ctx context.Context, name string) (Status, error) {
	return c.act(ctx, name, "kill")
}

// Remove stops a process and forgets it. One that is not known is no error.
func (c *Client) Remove(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, "/processes/"+url.PathEscape(name), nil, nil)
}

// Shutdown stops every process and the supervisor.
func (c *Client) Shutdown(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/shutdown", nil, nil)
}

func (c *Client) act(ctx context.Context, name, action string) (Status, error) {
	var status Status
	return status, c.call(ctx, http.MethodPost, "/processes/"+url.PathEscape(name)+"/"+action, nil, &status)
}

// call sends one request and decodes the answer into result, if that is not nil.
func (c *Client) call(ctx context.Context, method, path string, body, result any) error {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://supervisor"+path, content)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	resp, err := c.http.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("ask supervisor: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxRequestBytes))
		return errors.New(strings.TrimSpace(string(text)))
	}
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(result); err != nil {
		return fmt.Errorf("read supervisor's answer: %w", err)
	}
	return nil
}
