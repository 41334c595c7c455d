package broker

import (
	"fmt"
	"strings"

	"go.uber.org/zap"
)

// What the server says is one of two constant messages, since lines are sampled by theirs: whoever is refused again and again would
// else hide what it says of its store.
const (
	aboutItself     = "broker"
	aboutConnection = "broker, of a connection"
	// ofConnection is in each line about a connection of MQTT, which begins with its name.
	ofConnection = " - mid"
)

// logger passes on what the server says. Its texts are formatted already, so
// they become a field of a constant message.
type logger struct{ log *zap.Logger }

func (l *logger) Noticef(format string, v ...any) { pass(l.log.Debug, format, v) }
func (l *logger) Warnf(format string, v ...any)   { pass(l.log.Warn, format, v) }
func (l *logger) Errorf(format string, v ...any)  { pass(l.log.Warn, format, v) }
func (l *logger) Fatalf(format string, v ...any)  { pass(l.log.Error, format, v) }
func (l *logger) Debugf(format string, v ...any)  { pass(l.log.Debug, format, v) }
func (l *logger) Tracef(format string, v ...any)  { pass(l.log.Debug, format, v) }

func pass(log func(message string, fields ...zap.Field), format string, v []any) {
	text, message := fmt.Sprintf(format, v...), aboutItself
	if strings.Contains(text, ofConnection) {
		message = aboutConnection
	}
	log(message, zap.String("text", text))
}
