// Package command holds the rules for commands to devices: who may ask a device for
// what, how many may wait, and when the device's own receipt closes one.
package command
