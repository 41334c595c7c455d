// Package recall says which lots are recalled, and whom they may go to all the same.
package recall
