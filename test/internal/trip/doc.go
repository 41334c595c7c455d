// Package trip makes up the journey of a data logger: temperatures, humidity and
// positions that are the same for the same seed, with or without an excursion.
package trip
