// Package bare is a client of Fabric's own library and nothing else: what a gateway, and all of Waymark, is
// compared with.
package bare
