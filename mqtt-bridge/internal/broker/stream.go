package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// The server's own streams.
const (
	messagesStream = "$MQTT_msgs" // messages of QoS 1, for each session that subscribed at QoS 1
	sessionsStream = "$MQTT_sess" // sessions and their subscriptions
	// What the subjects in them begin with.
	messagesPrefix = "$MQTT.msgs."
	sessionsPrefix = "$MQTT.sess."
)

// prepareStreams makes the server's own streams before it does, with bounds. By
// default they have none: a full store then locks the subscriber out, too.
func (b *Broker) prepareStreams(ctx context.Context, storeBytes int64) error {
	streams := []jetstream.StreamConfig{
		{
			Name: messagesStream, Subjects: []string{messagesPrefix + ">"}, Storage: jetstream.FileStorage,
			Retention: jetstream.InterestPolicy, Discard: jetstream.DiscardNew, MaxBytes: storeBytes,
			// The bridge's. Each one more would be scanned at every acknowledgement,
			// so a device that subscribes at QoS 1 is refused.
			MaxConsumers: 1,
		},
		{
			Name: sessionsStream, Subjects: []string{sessionsPrefix + ">"}, Storage: jetstream.FileStorage, // as the server makes it
			Retention: jetstream.LimitsPolicy, MaxMsgsPerSubject: 1, MaxBytes: -1,
		},
		{
			Name: "$MQTT_qos2in", Subjects: []string{"$MQTT.qos2.>"}, Storage: jetstream.FileStorage,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxMsgsPerSubject: 1,
			DiscardNewPerSubject: true, MaxBytes: storeReserve / 4,
		},
		{
			Name: "$MQTT_rmsgs", Subjects: []string{"$MQTT.rmsgs.>"}, Storage: jetstream.FileStorage,
			Retention: jetstream.LimitsPolicy, MaxMsgsPerSubject: 1, MaxBytes: storeReserve / 4,
		},
	}
	for _, config := range streams {
		if err := b.prepareStream(ctx, config); err != nil {
			return fmt.Errorf("prepare broker stream %s: %w", config.Name, err)
		}
	}
	return nil
}

// prepareStream asks before it creates: a stream that exists keeps what it holds,
// and gets the bound of the present configuration.
func (b *Broker) prepareStream(ctx context.Context, config jetstream.StreamConfig) error {
	stream, err := b.js.Stream(ctx, config.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = b.js.CreateStream(ctx, config)
		return err
	}
	if err != nil {
		return err
	}
	existing := stream.CachedInfo().Config
	if existing.MaxBytes == config.MaxBytes {
		return nil
	}
	existing.MaxBytes = config.MaxBytes
	_, err = b.js.UpdateStream(ctx, existing)
	return err
}

// boundUnacknowledged gives the bridge's subscription, which was made with the session's bound and keeps it, the present one.
func (b *Broker) boundUnacknowledged(ctx context.Context) error {
	stream, err := b.js.Stream(ctx, messagesStream)
	if err != nil {
		return fmt.Errorf("read broker stream: %w", err)
	}
	consumers := stream.ListConsumers(ctx)
	for info := range consumers.Info() {
		if info.Config.MaxAckPending == b.unacked {
			continue
		}
		config := info.Config
		config.MaxAckPending = b.unacked
		if _, err := stream.UpdateConsumer(ctx, config); err != nil {
			return fmt.Errorf("bound what the broker sends: %w", err)
		}
	}
	if err := consumers.Err(); err != nil {
		return fmt.Errorf("list broker consumers: %w", err)
	}
	return nil
}

// subscribed checks that what devices publish is kept for the bridge. The server keeps a session apart from its subscription, and says
// of one that was lost that it exists: it then acknowledges all that is published, and drops it.
func (b *Broker) subscribed(ctx context.Context) error {
	stream, err := b.js.Stream(ctx, messagesStream)
	if err != nil {
		return fmt.Errorf("read broker stream: %w", err)
	}
	if n := stream.CachedInfo().State.Consumers; n != 1 {
		return fmt.Errorf("%w: it has %d subscriptions of the bridge, not one, so that what devices publish would be kept for nobody: look at the disk, then start the bridge again, which puts the copy back of what is missing", ErrDamaged, n)
	}
	return nil
}
