// Package registry holds the rules for members and devices: who they are, which
// keys speak for a device, and when.
package registry
