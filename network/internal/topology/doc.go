// Package topology says what a local consortium consists of: its members, the
// port of every server and the path of every file. It is pure: it computes
// from the settings of one network and touches neither disk nor socket.
package topology
