// Package auth decides who a caller is. It knows bearer tokens whose hashes are
// in a file; nothing in it can be turned back into a token.
package auth
