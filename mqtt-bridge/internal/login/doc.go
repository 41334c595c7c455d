// Package login decides whether a device may connect: by a password, which is a statement
// that it signed with a key that the ledger's registry holds in force, or by the client
// certificate of a device CA that its owner registered. So a device that was just
// registered connects with nobody editing a broker's configuration.
package login
