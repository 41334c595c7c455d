package fabric

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// pulseEvery is how often the peer is asked whether it lives, and how long it may take to say so.
// One that is silent twice in a row is left: at most 12 seconds after it has stopped.
const pulseEvery = 4 * time.Second

// pulse leaves a peer that keeps its connection and says nothing, until ctx is done. A process
// that hangs does so, since its kernel goes on for it; and gRPC's own pings, of which peers allow
// one a minute, take 80 seconds to tell. Any answer will do, also that there is no such service.
func pulse(ctx context.Context, health grpc_health_v1.HealthClient, l *links, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var silent []*link // the last time that they were asked
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked := l.now()
		if answers(ctx, health, every) {
			silent = nil
			continue
		}
		l.leave(silent)
		silent = asked
	}
}

func answers(ctx context.Context, health grpc_health_v1.HealthClient, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return status.Code(err) != codes.DeadlineExceeded
}
