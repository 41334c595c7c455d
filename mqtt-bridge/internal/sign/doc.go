// Package sign is the bridge's own key: it signs what goes down to devices, which are given its
// public half as they are given the broker's CA.
package sign
