package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Lines are values over others, by logarithm if Log says so, and from 0 on upwards.
type Lines struct {
	Title string // with the unit upwards
	Along string // what is along the bottom, with its unit
	Log   bool
	Lines []Line
}

// Line is one. Points are in their order along the bottom; with Log each X is above 0.
type Line struct {
	Name   string
	Points []Point
}

// Point is a value. X is along the bottom.
type Point struct{ X, Y float64 }

const (
	left, right = 60, width - 40
	top, bottom = headSpace, 280
	steps       = 4 // of the scale upwards
)

// SVG draws them. Along the bottom is a mark for each value that a point has.
func (l Lines) SVG() string {
	names := make([]string, len(l.Lines))
	marks, most := []float64(nil), 0.0
	for i, line := range l.Lines {
		names[i] = line.Name
		for _, p := range line.Points {
			marks, most = append(marks, p.X), max(most, p.Y)
		}
	}
	slices.Sort(marks)
	marks = slices.Compact(marks)
	most = rounded(most)
	d := newDrawing(l.Title, bottom+50+legendHeight(len(names)))
	d.scale(most)
	for _, mark := range marks {
		d.text(int(l.along(mark, marks)), bottom+18, "middle", short(mark))
	}
	d.text((left+right)/2, bottom+38, "middle", l.Along)
	for i, line := range l.Lines {
		d.line(i%colours, line.Points, func(p Point) (float64, float64) { return l.along(p.X, marks), bottom - scaled(p.Y, most, bottom-top) })
	}
	d.legend(bottom+50, names)
	return d.end()
}

// along is where a value is, between the least and the greatest.
func (l Lines) along(value float64, marks []float64) float64 {
	least, greatest := marks[0], marks[len(marks)-1]
	if l.Log {
		value, least, greatest = math.Log(value), math.Log(least), math.Log(greatest)
	}
	return left + 20 + scaled(value-least, greatest-least, right-left-40)
}

// scale draws the axes with marks upwards.
func (d *drawing) scale(most float64) {
	fmt.Fprintf(&d.out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", left, top, bottom, right)
	for step := range steps + 1 {
		y := bottom - (bottom-top)*step/steps
		d.text(left-8, y+4, "end", short(most*float64(step)/steps))
	}
}

func (d *drawing) line(colour int, points []Point, place func(Point) (float64, float64)) {
	var at []string
	for _, p := range points {
		x, y := place(p)
		at = append(at, fmt.Sprintf("%.1f,%.1f", x, y))
		fmt.Fprintf(&d.out, "<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s: %s</title></circle>\n", colour, x, y, short(p.X), short(p.Y))
	}
	fmt.Fprintf(&d.out, "<polyline class=\"line s%d\" points=\"%s\"/>\n", colour, strings.Join(at, " "))
}

// rounded is the next greater of 1, 2, 4, 5, 8 and 10 times a power of ten; 1 of nothing.
func rounded(most float64) float64 {
	if most <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most)))
	for _, times := range []float64{1, 2, 4, 5, 8} {
		if most <= times*power {
			return times * power
		}
	}
	return 10 * power
}
