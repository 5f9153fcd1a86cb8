package tidy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// The table in ARCHITECTURE.md that traces each mechanism of the papers to where it is: every name in it exists.
const traceHeading = "## Trace to the papers"

// scenarioFolders are where scripts lie.
var scenarioFolders = []string{"bftcore/testdata", "integration/scenario/testdata", "mail/imapgate/testdata"}

// Trace is one row: what stands in code quotes in its columns.
type Trace struct {
	Mechanism                         string
	Packages, Rules, Scenarios, Plant []string
}

var quoted = regexp.MustCompile("`([^`]+)`")

// Traces reads the table out of ARCHITECTURE.md.
func Traces(root string) ([]Trace, error) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		return nil, err
	}
	_, section, found := strings.Cut(string(text), traceHeading)
	if !found {
		return nil, fmt.Errorf("ARCHITECTURE.md has no %q", traceHeading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []Trace
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 8 || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| mechanism") {
			continue
		}
		names := func(i int) (list []string) {
			for _, m := range quoted.FindAllStringSubmatch(cells[i], -1) {
				list = append(list, m[1])
			}
			return list
		}
		rows = append(rows, Trace{Mechanism: strings.TrimSpace(cells[1]), Packages: names(2), Rules: names(3),
			Scenarios: names(4), Plant: names(5)})
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("ARCHITECTURE.md: the table of %q has no rows of six columns", traceHeading)
	}
	return rows, nil
}

// Check returns what a row names and the sources do not have.
func (x *Trace) Check(root string, planted map[string]bool) (wrong []string) {
	functions := map[string]bool{}
	for _, p := range x.Packages {
		if err := declared(filepath.Join(root, p), functions); err != nil {
			wrong = append(wrong, fmt.Sprintf("package %s: %v", p, err))
		}
	}
	for _, f := range x.Rules {
		if !functions[f] {
			wrong = append(wrong, fmt.Sprintf("rule %s is in none of %s", f, strings.Join(x.Packages, ", ")))
		}
	}
	for _, s := range x.Scenarios {
		if !exists(root, s) {
			wrong = append(wrong, "scenario "+s+" is no script, and no package")
		}
	}
	for _, b := range x.Plant {
		if !planted[b] {
			wrong = append(wrong, fmt.Sprintf("planted bug %q is in no table of integration/planted", b))
		}
	}
	return wrong
}

// exists reports whether a scenario is a script, or a package (a checker, a simulator).
func exists(root, name string) bool {
	if strings.Contains(name, "/") {
		info, err := os.Stat(filepath.Join(root, name))
		return err == nil && info.IsDir()
	}
	for _, dir := range scenarioFolders {
		if _, err := os.Stat(filepath.Join(root, dir, name+".txt")); err == nil {
			return true
		}
	}
	return false
}

// declared notes the functions ("Select") and methods ("State.Prepare") of the package in dir.
func declared(dir string, into map[string]bool) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no Go files: %w", os.ErrNotExist)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				name := fn.Name.Name
				if of := receiver(fn); of != "" {
					name = of + "." + name
				}
				into[name] = true
			}
		}
	}
	return nil
}

var bugName = regexp.MustCompile(`(?m)^\s*name: "([^"]+)"`)

// plantedBugs are the names of all planted bugs.
func plantedBugs(root string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(root, "integration/planted/bugs*.go"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range bugName.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names, nil
}
