// Package kinetic works out mean kinetic temperature without one float: the temperature
// that, held all the time, would have aged the goods as the real course did
// (ICH Q1A(R2), glossary). Sums add up in any order. It needs only the standard library.
package kinetic
