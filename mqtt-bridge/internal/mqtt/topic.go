package mqtt

import "strings"

// Topics of a device. A device publishes its messages to Up and may subscribe
// Down.
const (
	topicPrefix = "waymark/v1/"
	upSuffix    = "/up"
	downSuffix  = "/down"
	upFilter    = topicPrefix + "+" + upSuffix
	noFilter    = topicPrefix + "none" // which no session has: to end it is a question that changes nothing
)

// deviceOf returns the device level of an Up topic, empty for any other topic.
func deviceOf(topic string) string {
	rest, ours := strings.CutPrefix(topic, topicPrefix)
	device, up := strings.CutSuffix(rest, upSuffix)
	if !ours || !up || strings.Contains(device, "/") {
		return ""
	}
	return device
}
