package chart

import (
	"fmt"
	"strings"
)

// Bars are horizontal ones, each of parts in one order.
type Bars struct {
	Title string // with the unit
	Parts []string
	Bars  []Bar
}

// Bar is one: a value for each of the parts, none below 0.
type Bar struct {
	Name   string
	Values []float64
}

const (
	width     = 760
	nameWidth = 210 // left of bars
	endWidth  = 70  // right of bars, for their sums
	barHeight = 22
	barStep   = 30
	headSpace = 40
	keyWidth  = 180 // of a colour and its name
	keyHeight = 20
)

// SVG draws them. Each says its sum.
func (b Bars) SVG() string {
	most := 0.0
	for _, bar := range b.Bars {
		most = max(most, bar.sum())
	}
	keys := headSpace + len(b.Bars)*barStep
	d := newDrawing(b.Title, keys+10+legendHeight(len(b.Parts)))
	for i, bar := range b.Bars {
		y := headSpace + i*barStep
		d.text(nameWidth-8, y+barHeight-6, "end", bar.Name)
		x := float64(nameWidth)
		for part, value := range bar.Values {
			wide := scaled(value, most, width-nameWidth-endWidth)
			fmt.Fprintf(&d.out, "<rect class=\"c%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s</title></rect>\n",
				part%colours, x, y, wide, barHeight, escaped(fmt.Sprintf("%s: %s", b.Parts[part], short(value))))
			x += wide
		}
		d.text(int(x)+6, y+barHeight-6, "start", short(bar.sum()))
	}
	d.legend(keys+10, b.Parts)
	return d.end()
}

func (b Bar) sum() (all float64) {
	for _, value := range b.Values {
		all += value
	}
	return all
}

// scaled is a part of a length, 0 of nothing.
func scaled(value, most float64, length int) float64 {
	if most <= 0 {
		return 0
	}
	return value / most * float64(length)
}

// short is a number as a reader wants it: three digits or so.
func short(value float64) string {
	switch {
	case value >= 100 || value == float64(int(value)):
		return fmt.Sprintf("%.0f", value)
	case value >= 1:
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.2f", value)
}

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
