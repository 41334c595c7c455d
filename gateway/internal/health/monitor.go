package health

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of a check, which anybody can ask for.
const (
	timeout = 3 * time.Second
	grace   = 200 * time.Millisecond // more, for a part to say what it waited for
	fresh   = time.Second            // an outcome is not older than this when it is told
)

// Part is something that can be out of order.
type Part struct {
	Name string // lower case, as in "peer"
	// Check returns nil while the part works. Of an error only the message of its
	// waymark.Error is told to strangers, so that must hold no secret. It keeps to ctx as far as
	// it can: a part that does not answer in time is not ready, and not asked again before it has.
	Check func(ctx context.Context) error
	// Optional parts are shown, and the gateway is ready without them.
	Optional bool
	// How says of a part that works how it does, to strangers too; nil if there is nothing to say.
	How func() string
}

// Row is how a part is.
type Row struct {
	Part     string
	Ready    bool
	Optional bool
	Since    time.Time // of Ready; UTC, to the second
	Detail   string    // what is wrong, or how it works
	err      error
}

// Report is how the parts are, in the order of their configuration.
type Report struct {
	Ready bool  // whether all are that are not optional
	Rows  []Row // one a part
}

// Monitor asks the parts at most once in a second, however many ask it.
type Monitor struct {
	parts    []Part
	now      func() time.Time
	patience time.Duration // with parts that do not keep to their time

	mu      sync.Mutex
	checked time.Time
	rows    []Row
	pending []chan error // of each part: takes the outcome of a check that has not answered; else nil
}

// New returns a monitor of parts, whose state is the metric
// waymark_gateway_part_ready, up to date with each scrape.
func New(parts []Part, registry prometheus.Registerer) *Monitor {
	m := &Monitor{parts: parts, now: time.Now, patience: timeout + grace, rows: make([]Row, len(parts)), pending: make([]chan error, len(parts))}
	registry.MustRegister(collector{m})
	return m
}

// Check asks all parts at once and waits for three seconds and a little at most, whatever they do.
func (m *Monitor) Check(ctx context.Context) Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now().Sub(m.checked) >= fresh {
		m.ask(ctx)
	}
	report := Report{Ready: true, Rows: append([]Row(nil), m.rows...)}
	for _, row := range report.Rows {
		report.Ready = report.Ready && (row.Ready || row.Optional)
	}
	return report
}

// ask brings the rows up to date. The outcome is for the others who wait as well, so that this
// caller's leaving must not spoil it.
func (m *Monitor) ask(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	inTime, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	over, cancelOver := context.WithTimeout(ctx, m.patience)
	defer cancelOver()
	asked := make([]bool, len(m.parts))
	for i, part := range m.parts {
		asked[i] = m.begin(inTime, i, part)
	}
	for i, part := range m.parts {
		err := error(errLate)
		if asked[i] {
			err = m.await(over, i)
		}
		m.rows[i] = m.rows[i].next(part, err, m.now())
	}
	m.checked = m.now()
}

// begin asks a part, unless it has not answered yet since it was asked before. What it answered
// too late does not count.
func (m *Monitor) begin(ctx context.Context, i int, part Part) bool {
	if late := m.pending[i]; late != nil && len(late) == 0 {
		return false
	}
	outcome := make(chan error, 1)
	m.pending[i] = outcome
	go func() { outcome <- part.Check(ctx) }()
	return true
}

// await returns the outcome of a check, or errLate when over is done before.
func (m *Monitor) await(over context.Context, i int) error {
	select {
	case err := <-m.pending[i]:
		m.pending[i] = nil
		return err
	case <-over.Done():
	}
	select { // it may have been there while another was waited for
	case err := <-m.pending[i]:
		m.pending[i] = nil
		return err
	default:
		return errLate
	}
}

var errLate = waymark.Errorf(waymark.Unavailable, "it does not answer in time")

// next is the row after a check.
func (r Row) next(part Part, err error, now time.Time) Row {
	next := Row{Part: part.Name, Ready: err == nil, Optional: part.Optional, Since: r.Since, err: err}
	switch {
	case err != nil:
		next.Detail = waymark.AsError(err).Message
	case part.How != nil:
		next.Detail = part.How()
	}
	if r.Since.IsZero() || next.Ready != r.Ready {
		next.Since = now.UTC().Truncate(time.Second)
	}
	return next
}

// Err returns nil, or Unavailable with the names of what is wrong and all the causes, for the log.
func (r Report) Err() error {
	if r.Ready {
		return nil
	}
	f := failure{told: waymark.Errorf(waymark.Unavailable, "parts of this gateway do not work: see parts")}
	for _, row := range r.Rows {
		if row.err != nil {
			f.causes = append(f.causes, row)
		}
	}
	return &f
}

// failure says to strangers less than to the log.
type failure struct {
	told   *waymark.Error
	causes []Row
}

func (f *failure) Error() string {
	text := f.told.Message
	for _, row := range f.causes {
		text += "; " + row.Part + ": " + row.err.Error()
	}
	return text
}

func (f *failure) Unwrap() error { return f.told }

// collector is the metric. It checks when it is asked.
type collector struct{ m *Monitor }

func (c collector) description() *prometheus.Desc {
	return prometheus.NewDesc("waymark_gateway_part_ready", "1 while a part of the gateway works, 0 while it does not.", []string{"part"}, nil)
}

// Describe is half of prometheus.Collector.
func (c collector) Describe(all chan<- *prometheus.Desc) { all <- c.description() }

// Collect is the other half.
func (c collector) Collect(all chan<- prometheus.Metric) {
	for _, row := range c.m.Check(context.Background()).Rows {
		value := 0.0
		if row.Ready {
			value = 1
		}
		all <- prometheus.MustNewConstMetric(c.description(), prometheus.GaugeValue, value, row.Part)
	}
}
