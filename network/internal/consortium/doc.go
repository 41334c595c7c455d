// Package consortium brings a local consortium up, stage by stage, and down
// again. Each stage may be repeated, so that an interrupted or stopped network
// goes on from where it was.
package consortium
