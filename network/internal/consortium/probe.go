package consortium

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// probeTimeout bounds one look at a process; it is looked at again.
const probeTimeout = 2 * time.Second

// probe reports nil once a process serves.
type probe func(context.Context) error

// accepts is a probe of a TCP port.
func accepts(port int) probe {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: probeTimeout}).DialContext(ctx, "tcp", topology.Address(port))
		if err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		return conn.Close()
	}
}

// both is a probe that wants two things.
func both(first, second probe) probe {
	return func(ctx context.Context) error {
		if err := first(ctx); err != nil {
			return err
		}
		return second(ctx)
	}
}

// getOK is a probe by HTTPS.
func getOK(port int, path, caFile string) probe {
	return func(ctx context.Context) error {
		client, err := trusting(caFile)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		return expectOK(ctx, client, "https://"+topology.Address(port)+path)
	}
}

// getPlainOK is a probe by HTTP.
func getPlainOK(port int, path string) probe {
	return func(ctx context.Context) error {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		return expectOK(ctx, client, "http://"+topology.Address(port)+path)
	}
}

func expectOK(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
		return fmt.Errorf("GET %s: %s: %s", url, resp.Status, text)
	}
	return nil
}

// trusting is an HTTP client that trusts one authority and nothing else.
func trusting(caFile string) (*http.Client, error) {
	data, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("read authority %s: %w", caFile, errors.New("no certificate in it"))
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}, nil
}

// portTaken returns the first of the ports that another program listens on, or 0.
func portTaken(ctx context.Context, ports []int) int {
	for _, port := range ports {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", topology.Address(port))
		if err != nil {
			return port
		}
		if err := listener.Close(); err != nil {
			return port
		}
	}
	return 0
}
