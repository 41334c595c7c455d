package broker

import (
	"fmt"

	"go.uber.org/zap"
)

// logger passes on what the server says. Its texts are formatted already, so
// they become a field of a constant message.
type logger struct{ log *zap.Logger }

func (l *logger) Noticef(format string, v ...any) { l.log.Debug("broker", text(format, v)) }
func (l *logger) Warnf(format string, v ...any)   { l.log.Warn("broker", text(format, v)) }
func (l *logger) Errorf(format string, v ...any)  { l.log.Warn("broker", text(format, v)) }
func (l *logger) Fatalf(format string, v ...any)  { l.log.Error("broker", text(format, v)) }
func (l *logger) Debugf(format string, v ...any)  { l.log.Debug("broker", text(format, v)) }
func (l *logger) Tracef(format string, v ...any)  { l.log.Debug("broker", text(format, v)) }

func text(format string, v []any) zap.Field { return zap.String("text", fmt.Sprintf(format, v...)) }
