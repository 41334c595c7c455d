// Package oldstoretest writes stores as the embedded broker of earlier bridges did, by the server that it was.
package oldstoretest
