// Package command delivers the commands of the ledger to devices: each again and again, until the device's
// receipt has come, the ledger has closed it or its time is over. What events tell of is on the bridge's disk, is published
// once the gateway has confirmed it, and is put right from there when a device connects.
package command
