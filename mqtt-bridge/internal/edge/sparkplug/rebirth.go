package sparkplug

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// rebirthMetric asks a node for all its births when it is written (Sparkplug 3.0, clause 5.5 and 6.4.19).
const rebirthMetric = "Node Control/Rebirth"

// Rebirth is the command that asks a node for its births, to be published at QoS 0.
func Rebirth(group, node string, now time.Time) (topic string, payload []byte) {
	at := uint64(now.UnixMilli())
	metric := protowire.AppendTag(nil, metricName, protowire.BytesType)
	metric = protowire.AppendString(metric, rebirthMetric)
	for _, f := range []struct {
		number protowire.Number
		bits   uint64
	}{{metricTimestamp, at}, {metricType, uint64(Boolean)}, {metricBoolean, 1}} {
		metric = protowire.AppendTag(metric, f.number, protowire.VarintType)
		metric = protowire.AppendVarint(metric, f.bits)
	}
	payload = protowire.AppendTag(nil, payloadTimestamp, protowire.VarintType)
	payload = protowire.AppendVarint(payload, at)
	payload = protowire.AppendTag(payload, payloadMetrics, protowire.BytesType)
	return namespace + "/" + group + "/" + string(ncmd) + "/" + node, protowire.AppendBytes(payload, metric)
}
