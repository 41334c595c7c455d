// Command device is a data logger in software: it makes its key, prints its
// registration, and publishes signed readings from a logger's CSV file or from a
// generated trip. Any number of devices run in one process.
package main
