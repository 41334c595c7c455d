package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
)

// record is what the server keeps of a session (its mqttPersistedSession, at the version that is pinned; a test has that server read it).
type record struct {
	ID            string                              `json:"id"`
	QoS           map[string]byte                     `json:"subs"` // of each filter
	Subscriptions map[string]jetstream.ConsumerConfig `json:"cons"`
}

// mendSession makes the record of the bridge's session anew unless it names the subscription that is there: the server would want to make another,
// for which there is no place, and what waits in this one would come to nobody. The record holds nothing that the subscription does not say.
func (b *Broker) mendSession(ctx context.Context) error {
	consumer, found, err := b.subscription(ctx)
	if err != nil || !found {
		return err
	}
	session, _, _ := strings.Cut(consumer.Durable, "_")
	filter := strings.TrimPrefix(consumer.FilterSubject, messagesPrefix)
	subject := sessionsPrefix + session
	if named, err := b.names(ctx, subject, filter, consumer.Durable); err != nil || named {
		return err
	}
	raw, err := json.Marshal(record{ID: b.auth.bridgeID, QoS: map[string]byte{filter: 1},
		Subscriptions: map[string]jetstream.ConsumerConfig{filter: consumer}})
	if err != nil {
		return fmt.Errorf("write the bridge's session: %w", err)
	}
	if _, err := b.js.Publish(ctx, subject, raw); err != nil {
		return fmt.Errorf("write the bridge's session: %w", err)
	}
	b.log.Warn("the broker's record of the bridge's session was lost and is made anew: look at the disk", zap.String("consumer", consumer.Durable))
	return nil
}

// subscription is the bridge's, if it has one.
func (b *Broker) subscription(ctx context.Context) (consumer jetstream.ConsumerConfig, found bool, err error) {
	stream, err := b.js.Stream(ctx, messagesStream)
	if err != nil {
		return consumer, false, fmt.Errorf("read broker stream: %w", err)
	}
	consumers := stream.ListConsumers(ctx)
	for info := range consumers.Info() {
		consumer, found = info.Config, true // there is place for one
	}
	if err := consumers.Err(); err != nil {
		return consumer, false, fmt.Errorf("list broker consumers: %w", err)
	}
	return consumer, found, nil
}

// names reports whether the record of a session names a subscription.
func (b *Broker) names(ctx context.Context, subject, filter, subscription string) (bool, error) {
	stream, err := b.js.Stream(ctx, sessionsStream)
	if err != nil {
		return false, fmt.Errorf("read broker stream: %w", err)
	}
	last, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the bridge's session: %w", err)
	}
	var r record
	err = json.Unmarshal(last.Data, &r)
	return err == nil && r.Subscriptions[filter].Durable == subscription, nil
}
