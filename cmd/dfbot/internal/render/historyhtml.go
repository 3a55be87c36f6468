package render

import (
	_ "embed" // for the page
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/dfbot/dfbot/review/forecast"
)

//go:embed history.html
var historyPage string

// pastPage is what the page of a history shows.
type pastPage struct {
	Sum     string
	Plot    *pastPlot
	Builds  []pastSection
	Dearest []pastDear
	Trouble []string
}

// pastPlot has two bars for each merge, the oldest first, in a picture that is 100 high.
type pastPlot struct {
	Title, First, Last, Most string
	Width                    int
	Bars                     []pastBar
}

type pastBar struct {
	X               int
	Was, Then       float64 // heights; the second bar is in front of the first
	WasTop, ThenTop float64
	Title           string
}

type pastSection struct {
	Title, Summary, Bill, Rest string
	Steps                      []pastRows
}

type pastRows struct {
	Name, Each string
	Install    bool
	Rows       []pastRow
}

type pastRow struct {
	Class, Count string
	Width        float64 // percent
}

type pastDear struct{ Hash, Day, Subject, Ran string }

// HistoryHTML writes one page that needs nothing else.
func HistoryHTML(w io.Writer, h *History) error {
	page := pastPage{Sum: "the last " + counted(len(h.Merges), "merge"), Plot: h.plot()}
	for _, b := range h.Builds {
		page.Builds = append(page.Builds, h.section(b))
	}
	for _, m := range h.dearest() {
		page.Dearest = append(page.Dearest, pastDear{fmt.Sprintf("%.12s", m.Hash), m.Time.Format(time.DateOnly),
			Visible(m.Subject), h.ran(m)})
	}
	for _, t := range h.Trouble {
		page.Trouble = append(page.Trouble, Visible(t.String()))
	}
	t, err := template.New("history").Parse(historyPage)
	if err != nil {
		return err
	}
	return t.Execute(w, page)
}

// barWidth is how many units of the picture a merge has.
const barWidth = 10

// plot draws what each merge cost: seconds where times are given, or else the RUNs that ran again.
func (h *History) plot() *pastPlot {
	size := func(c Cost) float64 { return float64(c.Runs) }
	p := &pastPlot{Title: "RUN steps that each merge ran again", Width: barWidth * len(h.Merges)}
	if h.Timings != nil {
		size = func(c Cost) float64 { return c.Seconds }
		p.Title = "Known time of the steps that each merge ran again"
	}
	most := 0.0
	for _, m := range h.Merges {
		most = max(most, size(m.Was), size(m.Then))
	}
	if most == 0 {
		return nil
	}
	for i := range h.Merges {
		m := h.Merges[len(h.Merges)-1-i]
		was, then := 100*size(m.Was)/most, 100*size(m.Then)/most
		p.Bars = append(p.Bars, pastBar{barWidth * i, was, then, 100 - was, 100 - then,
			fmt.Sprintf("%.12s %s: %s", m.Hash, m.Time.Format(time.DateOnly), h.ran(m))})
	}
	p.First = h.Merges[len(h.Merges)-1].Time.Format(time.DateOnly)
	p.Last = h.Merges[0].Time.Format(time.DateOnly)
	p.Most = fmt.Sprint(most)
	if h.Timings != nil {
		p.Most = span(most)
	}
	return p
}

// section shows one build.
func (h *History) section(b *PastBuild) pastSection {
	to := pastSection{Title: Visible(title(&forecast.Report{Build: b.Build})), Summary: b.summary()}
	if rest := earlier(b); rest.Steps > 0 {
		to.Rest = rest.String()
	}
	if h.Timings != nil {
		to.Bill = h.bill(b).String()
	}
	for i := range b.Steps {
		s := &b.Steps[i]
		rows := pastRows{Name: Visible(s.Name), Each: h.priced(b, s), Install: s.Install}
		if s.Today {
			rows.Rows = append(rows.Rows, s.Was.row("was", b.Merges), s.Now.row("now", b.Merges))
		}
		if !s.Gone {
			rows.Rows = append(rows.Rows, s.Then.row("then", b.Merges))
		}
		to.Steps = append(to.Steps, rows)
	}
	return to
}

// row is a bar as long as the count.
func (c Count) row(class string, merges int) pastRow {
	row := pastRow{Class: class, Count: fmt.Sprintf("%d of %d", c.Again, c.Of)}
	if c.Maybe > 0 {
		row.Count += fmt.Sprintf(", maybe %d", c.Maybe)
	}
	if merges > 0 {
		row.Width = 100 * float64(c.Again) / float64(merges)
	}
	return row
}
