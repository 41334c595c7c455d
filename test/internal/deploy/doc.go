// Package deploy deploys other chaincodes beside ours on a local network, as its members would: each
// installs a package that says where its own process is, approves, and one commits.
package deploy
