package main

import (
	"context"
	"fmt"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger logs to stderr: every line, since the request log is also an account
// of who did what. The level can be changed while it is used.
func newLogger(c config.Log) (*zap.Logger, zap.AtomicLevel, error) {
	settings := zap.NewProductionConfig()
	settings.Sampling = nil
	settings.Encoding = c.Format
	settings.DisableStacktrace = true
	settings.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	settings.EncoderConfig.EncodeDuration = zapcore.SecondsDurationEncoder
	level, err := zap.ParseAtomicLevel(c.Level)
	if err != nil {
		return nil, zap.AtomicLevel{}, fmt.Errorf("log level: %w", err)
	}
	settings.Level = level
	log, err := settings.Build()
	if err != nil {
		return nil, zap.AtomicLevel{}, fmt.Errorf("logger: %w", err)
	}
	return log, level, nil
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
