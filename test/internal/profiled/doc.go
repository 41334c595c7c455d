// Package profiled runs a local network whose processes can be profiled. Ours are built with one more file,
// which serves profiles at a socket in the working directory, so that no program that anybody runs listens
// for that; Fabric's have it, and are told to serve it.
package profiled
