// Package metafile looks after the small files that the embedded broker keeps beside a stream's messages: what the stream and its
// consumers are, and what these have acknowledged. If one is damaged, the broker passes over the stream or skips its messages, without a word.
//
// The form of these files is nats-server's (server/filestore.go), at the version that is pinned; a test writes them by that server.
package metafile
