package followers

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Crowd is clients that follow events, each on a connection of its own. They read no more of an event than its id, since their
// processor time is the gateway's.
type Crowd struct {
	http    *http.Client
	stop    context.CancelFunc
	reading sync.WaitGroup
	all     []*follower
}

// follower is one of them.
type follower struct {
	mu   sync.Mutex
	came []arrival
	err  error // why its stream ended
}

// arrival is when an event of a block was there.
type arrival struct {
	block uint64
	at    time.Time
}

// connecting bounds how many connect at once.
const connecting = 16

// Gather connects clients that follow a member's events of goods from now on, as its identities in turn.
func Gather(ctx context.Context, n *endpoints.Network, member string, clients int) (*Crowd, error) {
	m := n.Members[member]
	roots, err := client.Roots(m.CAFile)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	roles := []waymark.Role{waymark.Operator, waymark.Admin, waymark.Viewer}
	c := &Crowd{stop: stop, http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}}
	places := make(chan struct{}, connecting)
	failed := make(chan error, clients)
	for nth := range clients {
		f := &follower{}
		c.all = append(c.all, f)
		places <- struct{}{}
		c.reading.Go(func() {
			role := roles[nth%len(roles)]
			lines, err := c.connect(ctx, m.GatewayURL, m.Tokens[string(role)])
			<-places
			failed <- err
			if err == nil {
				f.read(lines)
			}
		})
	}
	for range clients {
		if err := <-failed; err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Close ends them.
func (c *Crowd) Close() {
	c.stop()
	c.reading.Wait()
	c.http.CloseIdleConnections()
}

// connect begins a stream, and returns once it says something.
func (c *Crowd) connect(ctx context.Context, url, token string) (*bufio.Scanner, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/events?kind=goods", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("follow events: %w", err)
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.http.Do(request) //nolint:bodyclose // closed with the crowd's context
	if err != nil {
		return nil, fmt.Errorf("follow events: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("follow events: status %d", answer.StatusCode)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		return nil, fmt.Errorf("follow events: the stream ended: %w", lines.Err())
	}
	return lines, nil
}

// read notes when events come, until the stream ends.
func (f *follower) read(lines *bufio.Scanner) {
	var block uint64
	for lines.Scan() {
		switch text := lines.Text(); {
		case strings.HasPrefix(text, "id: "):
			number, _, _ := strings.Cut(text[len("id: "):], ":")
			block, _ = strconv.ParseUint(number, 10, 64) // 0 is of no event here
		case strings.HasPrefix(text, "data: "): // an event, and not just how far there is none
			f.mu.Lock()
			f.came = append(f.came, arrival{block, time.Now()})
			f.mu.Unlock()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err = lines.Err(); f.err == nil {
		f.err = errEnded
	}
}

var errEnded = fmt.Errorf("the stream ended")

// Have is how many events all together have.
func (c *Crowd) Have() (n int, err error) {
	for _, f := range c.all {
		f.mu.Lock()
		n += len(f.came)
		if f.err != nil {
			err = f.err
		}
		f.mu.Unlock()
	}
	return n, err
}

// Latencies are how long after its block each event was there.
func (c *Crowd) Latencies(b *Blocks) (all []time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range c.all {
		f.mu.Lock()
		for _, e := range f.came {
			seen, is := b.seen[e.block]
			if !is {
				err = fmt.Errorf("the bare stream has not block %d", e.block)
			}
			all = append(all, max(e.at.Sub(seen), 0))
		}
		f.mu.Unlock()
	}
	return all, err
}
