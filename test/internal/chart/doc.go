// Package chart draws what was measured as SVG: bars of parts, and lines. A chart has no size of a screen, no
// script and no fonts of its own, and is read on a light page and on a dark one.
package chart
