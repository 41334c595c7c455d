package main

import (
	"net/http"
	"time"
)

// receiving bounds how long a client may take to receive an answer, from its first byte on:
// the server's own write timeout begins before the work does.
func receiving(handler http.Handler, within time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&answer{ResponseWriter: w, within: within}, r)
	})
}

// answer sets the deadline when it begins.
type answer struct {
	http.ResponseWriter
	within time.Duration
	begun  bool
}

func (a *answer) WriteHeader(status int) {
	a.begin()
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(data) //nolint:wrapcheck // in the place of the server's own
}

// Flush sends what was written so far. Gin asks for it by a type assertion, and does not unwrap.
func (a *answer) Flush() {
	a.begin()
	_ = http.NewResponseController(a.ResponseWriter).Flush() // which the server's own have
}

var _ http.Flusher = (*answer)(nil)

// Unwrap lets http.ResponseController find the server's own.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) begin() {
	if !a.begun {
		a.begun = true
		_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(time.Now().Add(a.within)) // which the server's own have
	}
}
