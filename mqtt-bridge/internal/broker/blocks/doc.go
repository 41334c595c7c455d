// Package blocks checks the files in which the embedded broker keeps messages. The broker itself cuts a file off where a record does
// not have its checksum, and goes on without what was behind it. The bridge does not start then, so that somebody sees it.
//
// The form of these files is nats-server's (server/filestore.go), at the version that is pinned; a test writes them by that server.
package blocks
