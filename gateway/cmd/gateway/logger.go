package main

import (
	"context"
	"fmt"
	"io"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger logs to out: every line, since the request log is also an account
// of who did what. The level can be changed while it is used.
func newLogger(c config.Log, out zapcore.WriteSyncer) (*zap.Logger, zap.AtomicLevel, error) {
	level, err := zap.ParseAtomicLevel(c.Level)
	if err != nil {
		return nil, zap.AtomicLevel{}, fmt.Errorf("log level: %w", err)
	}
	settings := zap.NewProductionEncoderConfig()
	settings.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	settings.EncodeDuration = zapcore.SecondsDurationEncoder
	encoder := zapcore.NewJSONEncoder(settings)
	if c.Format == "console" {
		encoder = zapcore.NewConsoleEncoder(settings)
	}
	// What out does not take it counts itself, and there is nowhere else to tell of it.
	untold := zap.ErrorOutput(zapcore.AddSync(io.Discard))
	return zap.New(zapcore.NewCore(encoder, out, level), zap.AddCaller(), untold), level, nil
}

// followLevel lets the level be what the configuration says.
func followLevel(level zap.AtomicLevel) reload.Part {
	return func(_ context.Context, next config.Config) (func(), error) {
		l, err := zapcore.ParseLevel(next.Log.Level)
		if err != nil {
			return nil, fmt.Errorf("log.level: %w", err)
		}
		return func() { level.SetLevel(l) }, nil
	}
}
