package packet

import "errors"

// ErrVersion is the error of a client that speaks another version of MQTT than 3.1.1.
var ErrVersion = errors.New("another version of MQTT than 3.1.1")

// The bits of a CONNECT's flags (clause 3.1.2.3).
const (
	flagReserved = 1 << iota
	flagClean
	flagWill
	willQoSLow
	willQoSHigh
	flagWillRetain
	flagPassword
	flagUser

	qosMask = 3
	maxQoS  = 2
)

// Session is what a CONNECT says.
type Session struct {
	ClientID  string
	Clean     bool
	KeepAlive uint16 // seconds; 0 for none
	User      string
	Password  string
	Will      *Will // nil for none
}

// Will is what is to be published when the connection ends without a DISCONNECT.
type Will struct {
	Topic   string
	Payload []byte
	QoS     byte
}

// ParseConnect reads the body of a CONNECT. It fails with ErrVersion or ErrMalformed.
func ParseConnect(body []byte) (s Session, err error) {
	f := &fields{rest: body}
	name, level := string(f.text("protocol name")), f.byte("protocol level")
	if f.err == nil && (name != "MQTT" || level != 4) {
		return s, ErrVersion
	}
	flags := f.byte("flags")
	if !goodFlags(flags) {
		f.fail("its flags contradict each other")
	}
	s.Clean, s.KeepAlive = flags&flagClean != 0, f.number("keep-alive")
	s.ClientID = string(f.text("client id"))
	if flags&flagWill != 0 {
		s.Will = &Will{Topic: string(f.topic()), Payload: f.data("will"), QoS: flags / willQoSLow & qosMask}
	}
	if flags&flagUser != 0 {
		s.User = string(f.text("user name"))
	}
	if flags&flagPassword != 0 {
		s.Password = string(f.data("password"))
	}
	return s, f.end()
}

// goodFlags: what belongs to a will needs one, and a password a user (clauses 3.1.2.3 to 3.1.2.9).
func goodFlags(flags byte) bool {
	const ofWill = willQoSLow | willQoSHigh | flagWillRetain
	switch {
	case flags&flagReserved != 0, flags&flagWill == 0 && flags&ofWill != 0, flags/willQoSLow&qosMask > maxQoS:
		return false
	}
	return flags&flagUser != 0 || flags&flagPassword == 0
}
