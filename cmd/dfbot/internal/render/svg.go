package render

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
)

// Sizes of the picture, in pixels.
const (
	svgWidth  = 720
	svgRow    = 26
	svgMargin = 12
	svgText   = 84 // characters of a step that fit
)

// svgStyle has colours for light and dark pages.
const svgStyle = `text{font:13px ui-monospace,monospace;fill:#1f2328}.t{font-weight:600}.w{fill:#59636e}` +
	`.cached{fill:#eaeef2}.maybe{fill:#ddf4ff}.again{fill:#fff1c9}.bar{fill:#afb8c1}.again+.bar{fill:#bf8700}` +
	`.maybe+.bar{fill:#0969da}@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.w{fill:#9198a1}` +
	`.cached{fill:#212830}.maybe{fill:#0c2d6b}.again{fill:#4b2900}.bar{fill:#656c76}.again+.bar{fill:#d29922}` +
	`.maybe+.bar{fill:#4493f8}}`

// LayersSVG draws each build as a stack of its steps.
func LayersSVG(w io.Writer, f *Forecasts) error {
	rows := 0
	for _, r := range f.Reports {
		rows += len(r.Steps) + 2
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img"><style>%s</style>`+"\n",
		svgWidth, rows*svgRow+svgMargin, svgStyle)
	y := svgMargin
	for _, r := range f.Reports {
		y = draw(&b, r, y)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// draw draws one build from y on, and returns where the next one begins.
func draw(b *strings.Builder, r *forecast.Report, y int) int {
	fmt.Fprintf(b, `<text class="t" x="%d" y="%d">%s</text>`+"\n", svgMargin, y+16, fitting(title(r)+": "+r.Sum()))
	y += svgRow
	for _, s := range r.Steps {
		name := s.Step.Name
		if s.Answer != layers.Cached {
			name = s.Answer.String() + "  " + name
		}
		fmt.Fprintf(b, `<g><title>%s</title><rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="3"/>`+
			`<rect class="bar" x="%d" y="%d" width="4" height="%d"/><text x="%d" y="%d">%s</text></g>`+"\n",
			html.EscapeString(Visible(because(r, s))), s.Answer, svgMargin, y, svgWidth-2*svgMargin, svgRow-4,
			svgMargin, y, svgRow-4, svgMargin+12, y+15, fitting(name))
		y += svgRow
	}
	return y + svgRow
}

// fitting is a text that fits into a row.
func fitting(text string) string { return html.EscapeString(shortened(text, svgText)) }
