// Package supervisor is the parent of every process of a network. It runs
// detached, is controlled over a unix socket, restarts those processes that are
// to come back by themselves, and takes every process with it when it ends.
package supervisor
