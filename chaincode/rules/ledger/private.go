package ledger

import "fmt"

// Private is what came as transient data or out of a private collection. It does not
// print, and JSON has none of it, so that it gets into no record, event, answer, error or
// log by oversight. Whatever names its method Reveal says why beside it: the analyser of
// determinism reports every other mention.
type Private struct{ value *[]byte } // a pointer: fmt shows no more of it, wherever it is a part

// NewPrivate wraps a value.
func NewPrivate(value []byte) Private { return Private{&value} }

// Absent reports whether there is no value.
func (p Private) Absent() bool { return p.value == nil || len(*p.value) == 0 }

// Reveal returns the value.
func (p Private) Reveal() []byte {
	if p.value == nil {
		return nil
	}
	return *p.value
}

// Format implements fmt.Formatter for every verb.
func (p Private) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("(private)")) }
