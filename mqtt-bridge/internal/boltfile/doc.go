// Package boltfile keeps a file of bbolt's, with a look at what bbolt does not look at itself. Before a file is opened
// every page of it is read without bbolt; a page that is damaged while it is open ends the file and not the process;
// and what a commit that failed has left is made certain before anything else is stored.
package boltfile
