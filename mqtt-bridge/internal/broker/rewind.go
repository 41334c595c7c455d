package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
)

const (
	// rewindTimeout bounds Rewind, and with it how long the server may take to notice that the last connection has ended.
	rewindTimeout = 10 * time.Second
	// rewindPoll is the time between two looks at that.
	rewindPoll = 20 * time.Millisecond
)

// Rewind takes back what was sent to the bridge and not acknowledged, so that the next connection gets it at once and before anything newer.
// To be called before each connection, once the last one has ended. By itself the server sends it when AckWait has passed by the
// wall clock since it did last: behind newer messages, and after a clock that was ahead is put right not before that time comes again.
func (b *Broker) Rewind(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rewindTimeout)
	defer cancel()
	stream, err := b.js.Stream(ctx, messagesStream)
	if err != nil {
		return fmt.Errorf("read broker stream: %w", err)
	}
	consumers := stream.ListConsumers(ctx)
	for info := range consumers.Info() {
		if err := b.rewind(ctx, info); err != nil {
			return fmt.Errorf("take back what was not acknowledged: %w", err)
		}
	}
	if err := consumers.Err(); err != nil {
		return fmt.Errorf("list broker consumers: %w", err)
	}
	return nil
}

// rewind waits until nothing is sent any more to the connection that has ended. What was sent to it after that would be sent again last.
func (b *Broker) rewind(ctx context.Context, info *jetstream.ConsumerInfo) error {
	for info.PushBound {
		if !pause.For(ctx.Done(), rewindPoll) {
			return errors.New("the bridge's last connection has not ended")
		}
		consumer, err := b.js.PushConsumer(ctx, messagesStream, info.Name)
		if err != nil {
			return err
		}
		info = consumer.CachedInfo()
	}
	if info.NumAckPending == 0 {
		return nil
	}
	_, err := b.js.ResetConsumer(ctx, messagesStream, info.Name)
	return err
}
