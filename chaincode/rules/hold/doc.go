// Package hold keeps the reasons for which a shipment may not move. Who may set and lift
// which is for custody to ask; what stands here blocks whoever it is.
package hold
