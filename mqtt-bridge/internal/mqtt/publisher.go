package mqtt

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"
)

// publishTimeout bounds how long one message may take to be handed over.
const publishTimeout = 5 * time.Second

// errNotConnected is the error of what is published while there is no connection.
var errNotConnected = errors.New("not connected to the broker")

// Publisher publishes to devices, at QoS 0: nothing waits at the broker for a device that is not there. It has a connection of its own,
// since one that receives with its handler blocked cannot publish.
type Publisher struct {
	client  paho.Client
	log     *zap.Logger
	reached chan struct{}
}

// Reached is closed once the broker has let it in.
func (p *Publisher) Reached() <-chan struct{} { return p.reached }

// NewPublisher makes a publisher with Options of its own client id. Run connects.
func NewPublisher(o Options, log *zap.Logger) *Publisher {
	p := &Publisher{log: log, reached: make(chan struct{})}
	reach := sync.OnceFunc(func() { close(p.reached) })
	options := paho.NewClientOptions().
		SetTLSConfig(o.TLS).
		SetClientID(o.ClientID).
		SetUsername(o.Username).
		SetPassword(o.Password).
		SetProtocolVersion(4).
		SetCleanSession(true).
		SetAutoReconnect(true).
		SetConnectRetry(true).
		SetConnectRetryInterval(max(time.Second, o.ReconnectWait)).
		SetMaxReconnectInterval(maxReconnectWait).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(publishTimeout).
		SetKeepAlive(keepAlive).
		SetOnConnectHandler(func(paho.Client) { reach() }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { log.Warn("no broker connection to publish by", zap.Error(err)) })
	for _, url := range o.URLs {
		options.AddBroker(url)
	}
	p.client = paho.NewClient(options)
	return p
}

// Run keeps a connection until ctx ends.
func (p *Publisher) Run(ctx context.Context) {
	p.client.Connect() // it tries until it succeeds
	<-ctx.Done()
	p.client.Disconnect(quiesce)
}

// Publish hands a message for a device's down topic to the broker, once. It returns an error if that is not connected; that it
// succeeds does not say that the device has it.
func (p *Publisher) Publish(ctx context.Context, device string, message []byte) error {
	if !p.client.IsConnectionOpen() {
		return errNotConnected
	}
	token := p.client.Publish(topicPrefix+device+downSuffix, 0, false, message)
	if err := Await(ctx, token, publishTimeout); err != nil {
		return fmt.Errorf("publish to device: %w", err)
	}
	return nil
}
