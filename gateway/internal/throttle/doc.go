// Package throttle bounds how often callers may ask: a token bucket for each caller and
// class of requests. It knows neither HTTP nor who callers are.
package throttle
