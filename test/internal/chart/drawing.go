package chart

import (
	"fmt"
	"strings"
)

// colours is how many there are; then they come again.
const colours = 8

// style has colours which can be told apart on both grounds, by who sees no red or green too (Okabe and Ito).
const style = `<style>
text{font:13px sans-serif;fill:#222}
.title{font-weight:bold}
.axis{stroke:#888;stroke-width:1;fill:none}
.line{fill:none;stroke-width:2}
.c0{fill:#0072b2}.c1{fill:#e69f00}.c2{fill:#009e73}.c3{fill:#cc79a7}.c4{fill:#56b4e9}.c5{fill:#d55e00}.c6{fill:#f0e442}.c7{fill:#888}
.s0{stroke:#0072b2}.s1{stroke:#e69f00}.s2{stroke:#009e73}.s3{stroke:#cc79a7}.s4{stroke:#56b4e9}.s5{stroke:#d55e00}.s6{stroke:#f0e442}.s7{stroke:#888}
@media (prefers-color-scheme:dark){text{fill:#ddd}}
</style>
`

// drawing is a chart while it is drawn.
type drawing struct{ out strings.Builder }

func newDrawing(title string, height int) *drawing {
	d := &drawing{}
	fmt.Fprintf(&d.out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=%q>\n", width, height, escaped(strings.ReplaceAll(title, `"`, "'")))
	d.out.WriteString(style)
	fmt.Fprintf(&d.out, "<text class=\"title\" x=\"8\" y=\"20\">%s</text>\n", escaped(title))
	return d
}

func (d *drawing) text(x, y int, anchor, text string) {
	fmt.Fprintf(&d.out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, escaped(text))
}

// legend names the colours, some a row.
func (d *drawing) legend(y int, names []string) {
	for i, name := range names {
		x, row := 8+i%(width/keyWidth)*keyWidth, y+i/(width/keyWidth)*keyHeight
		fmt.Fprintf(&d.out, "<rect class=\"c%d\" x=\"%d\" y=\"%d\" width=\"12\" height=\"12\"/>\n", i%colours, x, row)
		d.text(x+18, row+11, "start", name)
	}
}

func legendHeight(names int) int {
	inRow := width / keyWidth
	return (names+inRow-1)/inRow*keyHeight + 8
}

func (d *drawing) end() string {
	d.out.WriteString("</svg>\n")
	return d.out.String()
}
