package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Sizes of a figure, in SVG's units.
const (
	plotWidth, plotHeight = 640, 300
	plotLeft, plotRight   = 20, 20
	plotTop, plotBottom   = 60, 50 // for the title and legend; for labels
	plotGap               = 60     // between groups
)

// plotColours are those of the systems, in order.
var plotColours = []string{"#8da0cb", "#66c2a5", "#fc8d62", "#e78ac3"}

// plot reads rows as JSON, one a line, and writes a figure for each operation: bars of operations a second, a
// group for each number of clients; for those of mix curves, with perProcessor of operations for a second of the servers'
// processor time: that says more where others use the machine.
func plot(in io.Reader, dir string, perProcessor bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var ops []string
	rows := map[string][]row{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("%.60q is no row: pass what --json printed: %w", lines.Text(), err)
		}
		if rows[r.Op] == nil {
			ops = append(ops, r.Op)
		}
		rows[r.Op] = append(rows[r.Op], r)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	for _, op := range ops {
		path := filepath.Join(dir, op+".svg")
		drawn := ""
		if rows[op][0].Bench == "mix" {
			title := "Fast reads and ordered ones: operations a second"
			if perProcessor {
				title += " of processor time"
				rows[op] = byCost(rows[op])
			}
			drawn = curves(title, rows[op])
		} else {
			drawn = figure(op, rows[op])
		}
		if err := os.WriteFile(path, []byte(drawn), 0o644); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}

// distinct returns the different values of a row's property, in order of appearance.
func distinct[T comparable](rows []row, of func(row) T) (all []T) {
	seen := map[T]bool{}
	for _, r := range rows {
		if v := of(r); !seen[v] {
			seen[v] = true
			all = append(all, v)
		}
	}
	return all
}

// brief writes milliseconds with two digits at least.
func brief(ms float64) string {
	if ms < 10 {
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// figure draws the bars of one operation.
func figure(op string, rows []row) string {
	systems := distinct(rows, func(r row) string { return r.System })
	groups := distinct(rows, func(r row) int { return r.Clients })
	most := 0.0
	for _, r := range rows {
		most = max(most, r.Rate)
	}
	var out strings.Builder
	text := func(x, y float64, anchor, style, s string) {
		fmt.Fprintf(&out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" %s>%s</text>\n", x, y, anchor, style, html.EscapeString(s))
	}
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", plotWidth, plotHeight)
	title := op + ": operations a second (p50 / p99 ms)"
	if rows[0].Bytes > 0 {
		title = fmt.Sprintf("%s %d KiB: operations a second (p50 / p99 ms)", op, rows[0].Bytes>>10)
	}
	text(plotLeft, 22, "start", `font-size="15"`, title)
	x := float64(plotLeft)
	for i, s := range systems {
		fmt.Fprintf(&out, "<rect x=\"%.0f\" y=\"34\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", x, plotColours[i%len(plotColours)])
		text(x+14, 43, "start", "", s)
		x += 150
	}
	group := float64(plotWidth-plotLeft-plotRight-plotGap*(len(groups)-1)) / float64(len(groups))
	bar := group / float64(len(systems))
	full := float64(plotHeight - plotTop - plotBottom - 18)
	bottom := float64(plotHeight - plotBottom)
	for g, clients := range groups {
		left := plotLeft + float64(g)*(group+plotGap)
		for i, s := range systems {
			for _, r := range rows {
				if r.Clients != clients || r.System != s {
					continue
				}
				h := full * r.Rate / most
				at := left + float64(i)*bar
				fmt.Fprintf(&out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
					at+2, bottom-h, bar-4, h, plotColours[i%len(plotColours)])
				text(at+bar/2, bottom-h-4, "middle", "", fmt.Sprintf("%.0f", r.Rate))
				text(at+bar/2, bottom+14, "middle", `font-size="10"`, brief(r.P50)+" / "+brief(r.P99))
			}
		}
		label := fmt.Sprintf("%d clients", clients)
		if clients == 1 {
			label = "1 client"
		}
		text(left+group/2, bottom+34, "middle", "", label)
	}
	fmt.Fprintf(&out, "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\" stroke=\"#444444\"/>\n</svg>\n", plotLeft, bottom, plotWidth-plotRight, bottom)
	return out.String()
}
