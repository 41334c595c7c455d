// Package packet reads and writes the control packets of MQTT 3.1.1 as a server does: what breaks a rule of the standard is an error, and
// nothing is given room before it is known that there may be so much of it. Clauses are those of the OASIS standard of 29 October 2014.
package packet
