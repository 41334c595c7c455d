// Package fabriciot builds the chaincodes of newham/fabric-iot, from a checkout that
// the caller has. Nothing of theirs is kept here: they are built elsewhere, as written,
// against packages that forward the Fabric 1.4 import paths to the present ones.
package fabriciot
