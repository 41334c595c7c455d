// Package title holds the rules for who owns the goods of a shipment: title moves by an
// offer and its acceptance, whoever has custody.
package title
