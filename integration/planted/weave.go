package planted

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
)

// variable is the environment variable that says which bug a test binary has: its number, none by default.
const variable = "TROXYMAIL_PLANTED_BUG"

// numbered is a bug and the number under which it is woven in.
type numbered struct {
	bug
	number int
}

// weave returns the source of a file with each of the bugs in it, dormant: a function that a bug changes begins by
// asking which bug is awake, and goes to a copy of itself that has it. The second result are bugs that cannot be
// woven in so: outside the body of a function, or in one that does not name its parameters. The error is for a
// place that is not there, or there more than once.
func weave(name, source string, bugs []numbered) (string, []numbered, error) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return "", nil, err
	}
	offset := func(p token.Pos) int { return files.Position(p).Offset }
	type edit struct {
		at   int
		text string
	}
	var edits []edit
	var left []numbered
	for _, b := range bugs {
		if k := strings.Count(source, b.line); k != 1 {
			return "", nil, fmt.Errorf("%s has %q %d times, want once: bring the table up to date", name, b.line, k)
		}
		at := strings.Index(source, b.line)
		fn := function(f, func(d *ast.FuncDecl) bool {
			return offset(d.Body.Lbrace) < at && at+len(b.line) <= offset(d.Body.Rbrace)
		})
		if fn == nil {
			left = append(left, b)
			continue
		}
		copied := fmt.Sprintf("%sWithBug%d", fn.Name.Name, b.number)
		call, ok := forward(fn, copied)
		if !ok {
			left = append(left, b)
			continue
		}
		begin, end, named := offset(fn.Pos()), offset(fn.End()), offset(fn.Name.End())
		if fn.Recv != nil {
			begin = offset(fn.Type.Func)
		}
		edits = append(edits,
			edit{offset(fn.Body.Lbrace) + 1, fmt.Sprintf(" if plantedBug == %d { %s }; ", b.number, call)},
			edit{len(source), "\n\n" + source[begin:offset(fn.Name.Pos())] + copied + source[named:at] + b.instead + source[at+len(b.line):end] + "\n"})
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return b.at - a.at })
	for i := 0; i < len(edits); { // from the end, those of one place in their order
		j, text := i, ""
		for ; j < len(edits) && edits[j].at == edits[i].at; j++ {
			text += edits[j].text
		}
		source = source[:edits[i].at] + text + source[edits[i].at:]
		i = j
	}
	return source, left, nil
}

// function returns the function that holds what is looked for.
func function(f *ast.File, holds func(*ast.FuncDecl) bool) *ast.FuncDecl {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && holds(fn) {
			return fn
		}
	}
	return nil
}

// forward is the statement that calls another function with the arguments of fn; false when they have no names.
func forward(fn *ast.FuncDecl, to string) (string, bool) {
	var args, types []string
	for _, p := range fn.Type.Params.List {
		if len(p.Names) == 0 {
			return "", false
		}
		for _, n := range p.Names {
			if n.Name == "_" {
				return "", false
			}
			if _, many := p.Type.(*ast.Ellipsis); many {
				args = append(args, n.Name+"...")
				continue
			}
			args = append(args, n.Name)
		}
	}
	if fn.Recv != nil {
		if len(fn.Recv.List[0].Names) == 0 || fn.Recv.List[0].Names[0].Name == "_" {
			return "", false
		}
		to = fn.Recv.List[0].Names[0].Name + "." + to
	}
	if fn.Type.TypeParams != nil {
		for _, p := range fn.Type.TypeParams.List {
			for _, n := range p.Names {
				types = append(types, n.Name)
			}
		}
		to += "[" + strings.Join(types, ", ") + "]"
	}
	call := to + "(" + strings.Join(args, ", ") + ")"
	if fn.Type.Results == nil {
		return call + "; return", true
	}
	return "return " + call, true
}

// switches is the source of a file that tells a package which bug is awake.
func switches(name string) string {
	return fmt.Sprintf("package %s\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar plantedBug, _ = strconv.Atoi(os.Getenv(%q))\n", name, variable)
}

// packageName is the name in a file's package clause.
func packageName(name, source string) (string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, source, parser.PackageClauseOnly)
	if err != nil {
		return "", err
	}
	return f.Name.Name, nil
}

// switchFile is where the switch of a package is, from the module's folder.
func switchFile(file string) string { return path.Join(path.Dir(file), "planted_bug_switch.go") }
