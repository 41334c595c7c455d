package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// options say how the devices publish.
type options struct {
	endpoints string
	mqttURL   string
	caFile    string
	format    string
	private   []string
	pack      int
	rate      float64
	speed     float64
	keepTimes bool
	window    int
	patience  time.Duration
	quiet     bool
}

func (o *options) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.endpoints, "endpoints", ".waymark/endpoints.json", "file that says where the broker is")
	flags.StringVar(&o.mqttURL, "mqtt", "", "or the broker's URL, ssl://host:port")
	flags.StringVar(&o.caFile, "ca", "", "PEM file with the CA of the broker, with --mqtt")
	flags.StringVar(&o.format, "format", string(attest.COSE), "cose or jws")
	flags.StringSliceVar(&o.private, "private", nil, "seal the readings of this measurement; give it again for others, or separate them by commas")
	flags.IntVar(&o.pack, "pack", 10, "samples in one message, 1 to 100")
	flags.Float64Var(&o.rate, "rate", 0, "messages a second from each device at most; 0 means as the samples come")
	flags.Float64Var(&o.speed, "speed", 1, "time runs this much faster; 0 means as fast as it goes")
	flags.BoolVar(&o.keepTimes, "keep-times", false, "send the file's own times and do not wait; the ledger refuses times before the registration")
	flags.IntVar(&o.window, "window", device.DefaultWindow, "messages that may wait for their acknowledgement, of each device")
	flags.DurationVar(&o.patience, "patience", 30*time.Second, "how long to try to connect, and to wait for the last acknowledgements")
	flags.BoolVar(&o.quiet, "quiet", false, "print the summary alone")
}

func (o *options) validate() error {
	switch {
	case o.format != string(attest.COSE) && o.format != string(attest.JWS):
		return errors.New("--format must be cose or jws")
	case o.pack < 1 || o.pack > 100:
		return errors.New("--pack must be 1 to 100")
	case o.rate < 0 || o.speed < 0:
		return errors.New("--rate and --speed must not be negative")
	case o.window < 1 || o.window > 10_000:
		return errors.New("--window must be 1 to 10000")
	}
	return o.validatePrivate()
}

func (o *options) validatePrivate() error {
	for _, name := range o.private {
		if err := waymark.ValidateMeasurement("/private", name); err != nil {
			return fmt.Errorf("--private: %w", err)
		}
	}
	return nil
}

func (o *options) broker() (device.Broker, error) {
	b := device.Broker{URL: o.mqttURL, CAFile: o.caFile, Window: o.window}
	if o.mqttURL != "" {
		return b, nil
	}
	network, err := endpoints.Load(o.endpoints)
	if err != nil {
		return b, err
	}
	b.URL, b.CAFile = network.MQTT.URL, network.MQTT.CAFile
	return b, nil
}

func runCommand(f *fleet) *cobra.Command {
	var o options
	var s source
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Publish signed readings and wait until the broker has acknowledged each",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ids, err := f.list()
			if err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			b, err := o.broker()
			if err != nil {
				return err
			}
			samples, start, err := s.load()
			if err != nil {
				return err
			}
			r := &runner{options: o, dir: f.dir, broker: b, samples: samples, fileStart: start, out: cmd.OutOrStdout()}
			return r.all(cmd.Context(), ids)
		},
	}
	o.addFlags(cmd.Flags())
	s.addFlags(cmd.Flags())
	return cmd
}

// total sums up what devices did.
type total struct {
	signed, readings int
	counts           device.Counts
}

func (t *total) add(other total) {
	t.signed += other.signed
	t.readings += other.readings
	t.counts.Published += other.counts.Published
	t.counts.Acknowledged += other.counts.Acknowledged
	t.counts.Connections += other.counts.Connections
}

func (t total) String() string {
	return fmt.Sprintf("signed %d messages with %d readings, published %d, acknowledged %d",
		t.signed, t.readings, t.counts.Published, t.counts.Acknowledged)
}
