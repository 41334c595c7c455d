// Package command delivers the commands of the ledger to devices: each again and again, until the device's
// receipt has come, the ledger has closed it or its time is over. Which are open is on the bridge's disk,
// and is put right from the gateway when a device connects.
package command
