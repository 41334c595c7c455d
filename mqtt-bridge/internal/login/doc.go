// Package login decides whether a device may connect to the embedded broker: its
// password is a statement that it signed with the key that the ledger's registry
// holds in force, so a device that was just registered connects with nobody
// editing a broker's configuration.
package login
