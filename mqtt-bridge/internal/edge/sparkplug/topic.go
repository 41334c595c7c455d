package sparkplug

import "strings"

// namespace is the first level of every topic (Sparkplug 3.0, clause 4.1.1).
const namespace = "spBv1.0"

// MessageType is the third level of a topic (clause 4.1.3).
type MessageType string

// The types that an edge node publishes, and the command that it is sent.
const (
	NBIRTH MessageType = "NBIRTH"
	DBIRTH MessageType = "DBIRTH"
	NDATA  MessageType = "NDATA"
	DDATA  MessageType = "DDATA"
	NDEATH MessageType = "NDEATH"
	DDEATH MessageType = "DDEATH"
	ncmd   MessageType = "NCMD"
)

// Topic says what a message is and of whom.
type Topic struct {
	Type   MessageType
	Node   string
	Device string // empty in messages of the edge node itself
}

// Filter is the topic filter for all messages of a group.
func Filter(group string) string { return namespace + "/" + group + "/#" }

// ParseTopic reads a topic of group. It reports false for what an edge node does not publish.
func ParseTopic(group, topic string) (Topic, bool) {
	rest, ours := strings.CutPrefix(topic, namespace+"/"+group+"/")
	levels := strings.Split(rest, "/")
	if !ours || len(levels) < 2 || len(levels) > 3 {
		return Topic{}, false
	}
	t := Topic{Type: MessageType(levels[0]), Node: levels[1]}
	if len(levels) == 3 {
		t.Device = levels[2]
	}
	switch t.Type {
	case NBIRTH, NDATA, NDEATH:
		return t, len(levels) == 2
	case DBIRTH, DDATA, DDEATH:
		return t, len(levels) == 3 && t.Device != ""
	default:
		return Topic{}, false
	}
}
