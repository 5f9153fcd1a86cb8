package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

const (
	curvesLeft, curvesRight = 60, 200 // for the labels of the axis, and of the curves
	curvesTop, curvesBottom = 44, 46
	curvesHeight            = 340
)

// curve is the rows of one system at one rate of conflict, by share of reads.
type curve struct {
	system    string
	conflicts float64
	rows      []row
}

// curvesOf sorts rows into curves.
func curvesOf(rows []row) (all []curve) {
	for _, r := range rows {
		at := slices.IndexFunc(all, func(c curve) bool { return c.system == r.System && c.conflicts == r.Conflicts })
		if at < 0 {
			at, all = len(all), append(all, curve{system: r.System, conflicts: r.Conflicts})
		}
		all[at].rows = append(all[at].rows, r)
	}
	for _, c := range all {
		slices.SortFunc(c.rows, func(a, b row) int { return int(math.Round(a.Reads - b.Reads)) })
	}
	return all
}

// byCost returns rows whose rates are those for a second of processor time.
func byCost(rows []row) (all []row) {
	for _, r := range rows {
		if r.Cost > 0 {
			r.Rate = 1e6 / r.Cost
			all = append(all, r)
		}
	}
	return all
}

// curves draws operations a second over the share of reads. The axis is stretched towards all reads, where mail is:
// equal steps for 0, 50, 75, 90, ... per cent.
func curves(title string, rows []row) string {
	shares := distinct(rows, func(r row) float64 { return r.Reads })
	slices.Sort(shares)
	most := 0.0
	for _, r := range rows {
		most = max(most, r.Rate)
	}
	step := math.Pow(10, math.Floor(math.Log10(most/2)))
	for most/step > 6 {
		step *= 2
	}
	width, height := float64(plotWidth-curvesLeft-curvesRight), float64(curvesHeight-curvesTop-curvesBottom)
	x := func(share float64) float64 {
		return curvesLeft + width*float64(slices.Index(shares, share))/float64(max(len(shares)-1, 1))
	}
	y := func(rate float64) float64 { return curvesHeight - curvesBottom - height*rate/most }
	var out strings.Builder
	text := func(x, y float64, anchor, style, s string) {
		fmt.Fprintf(&out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" %s>%s</text>\n", x, y, anchor, style, html.EscapeString(s))
	}
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", plotWidth, curvesHeight)
	text(20, 22, "start", `font-size="15"`, title)
	for rate := 0.0; rate <= most; rate += step {
		fmt.Fprintf(&out, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", curvesLeft, y(rate), curvesLeft+width, y(rate))
		text(curvesLeft-6, y(rate)+4, "end", "", fmt.Sprintf("%.0f", rate))
	}
	for _, s := range shares {
		text(x(s), curvesHeight-curvesBottom+18, "middle", "", fmt.Sprintf("%.0f %%", s))
	}
	text(curvesLeft+width/2, curvesHeight-10, "middle", "", "reads")
	all, labels := curvesOf(rows), []float64{}
	systems := distinct(rows, func(r row) string { return r.System })
	rates := distinct(rows, func(r row) float64 { return r.Conflicts })
	slices.SortFunc(all, func(a, b curve) int { return int(b.rows[len(b.rows)-1].Rate - a.rows[len(a.rows)-1].Rate) })
	for _, c := range all {
		colour := plotColours[slices.Index(systems, c.system)%len(plotColours)]
		var points []string
		for _, r := range c.rows {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(r.Reads), y(r.Rate)))
		}
		dash := 2 * slices.Index(rates, c.conflicts)
		fmt.Fprintf(&out, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>\n",
			strings.Join(points, " "), colour, dashes(dash))
		at := y(c.rows[len(c.rows)-1].Rate) + 4
		if n := len(labels); n > 0 {
			at = max(at, labels[n-1]+14)
		}
		labels = append(labels, at)
		text(curvesLeft+width+8, at, "start", fmt.Sprintf("fill=\"%s\"", colour), fmt.Sprintf("%s, %.0f %% in common", c.system, c.conflicts))
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// dashes is how a line is broken: more often with a higher rate of conflict.
func dashes(gap int) string {
	if gap == 0 {
		return "none"
	}
	return fmt.Sprintf("6 %d", gap)
}
