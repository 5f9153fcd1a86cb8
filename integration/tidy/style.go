package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// maxFileLines bounds a Go source file: above it a file holds more than one concept.
const maxFileLines = 500

// bannedNames say nothing about what is inside a file or package.
var bannedNames = map[string]bool{"util": true, "utils": true, "common": true, "helper": true,
	"helpers": true, "misc": true, "types": true, "shared": true, "base_types": true}

// panicPlaces are the only functions that may panic, as "package.function" or "package.Type.method",
// each with the broken invariant of our own that it reports.
var panicPlaces = map[string]string{
	"bftcore.Core.Ready":                         "called twice without Advance: what to send would be lost or doubled",
	"bftcore/hostlog.segment.noteWritten":        "a frame just made does not verify",
	"bftcore/node.orderer.call":                  "a call of the core that no case knows",
	"bftcore/transport.NewMesh":                  "a mesh of no replicas, or more than there can be",
	"bftcore/transport.meshLinks.Send":           "sending to a replica that is not, or to itself",
	"bftcore/transport.tlsLinks.Send":            "sending to a replica that is not, or to itself",
	"bftcore/wire/canon.AppendCount":             "a list of our own above its limit: the encoding would not decode",
	"enclave/seal.Purpose.index":                 "a key purpose that no constant names",
	"enclave/seal.derive":                        "HKDF refused a length that is a constant",
	"enclave/seal.Kind.label":                    "a record kind that no constant names",
	"enclave/seal.newAEAD":                       "the cipher refused a key of constant size",
	"integration/check/ordering.Model.booted":    "a model of hosts that show their enclaves what those refuse",
	"integration/check/ordering.Model.powerLost": "a model that begins with what enclaves refuse",
	"integration/check/ordering.Model.live":      "bounds that give an origin more lives than a search has room for",
	"mail/imapgate.messages.each":                "the session began a message inside another",
}

// recoverPlaces are the only functions that may recover, each with what it contains.
var recoverPlaces = map[string]string{
	"mail/imapgate.guard.serve":    "the edge of a connection: a panic of the engine ends that connection alone",
	"mail/smtpgate.guard.serve":    "the edge of a connection, as above",
	"mail/smtpgate.line.Read":      "where an engine calls the guard: a panic ends that connection alone",
	"mail/smtpgate.line.Write":     "as above",
	"mail/smtpgate.line.Close":     "as above: STARTTLS goes on there",
	"mail/smtpgate.backend.safely": "where an engine calls a session: go-smtp lets a panic in Logout end the process",
	"mail/imapgate.guard.runIdle":  "the goroutine of an IDLE: as above",
	"mailstore/kv.guard":           "bbolt panics on damaged pages: the store is then named damaged",
}

// bannedWords may stand nowhere in the project: it speaks of itself alone, not of the machine or the
// tools it was made with. Split in two, so that this file is not its own first find.
var bannedWords = []*regexp.Regexp{
	regexp.MustCompile(`(?m)(^|[^\w/.-])/(wo` + `rk|ro` + `ot)/`), word(`shared/` + `design`), word(`BRI` + `EF\.md`),
	word(`\bcla` + `ude\b`), word(`\banth` + `ropic\b`), word(`\bchat` + `gpt\b`), word(`\bopen` + `ai\b`),
	word(`\bcop` + `ilot\b`), word(`\bgem` + `ini\b`), word(`\bcod` + `ex\b`), word(`\bl` + `lm\b`),
	word(`\bai[- ](gene` + `rated|assistant|agent)`), word(`proxy\.gol` + `ang\.org`),
	word(`(deb|snapshot)\.deb` + `ian\.org`), word(`artif` + `actory`),
	word(`\b(composi` + `tion|ordering|relia` + `bility|restart-roll` + `back)\.md\b`),
	word(`\bissue [1-9]\b`),
}

func word(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + pattern) }

// banned returns the first banned word of a text and its line, or "".
func banned(text []byte) (string, int) {
	for _, w := range bannedWords {
		if at := w.FindIndex(text); at != nil {
			return string(text[at[0]:at[1]]), 1 + strings.Count(string(text[:at[0]]), "\n")
		}
	}
	return "", 0
}

// untitled returns the exported names of a file that have no doc comment. A group's comment covers its
// members, and so does a comment at the end of the line.
func untitled(s Source) []string {
	var found []string
	report := func(n ast.Node, name string) {
		found = append(found, fmt.Sprintf("%s: exported %s has no doc comment", s.At(n), name))
	}
	for _, decl := range s.File.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				report(d, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
						report(spec, spec.Name.Name)
					}
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						if name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
							report(name, name.Name)
						}
					}
				}
			}
		}
	}
	return found
}

func exportedReceiver(d *ast.FuncDecl) bool {
	name := receiver(d)
	return name == "" || token.IsExported(name)
}

// receiver returns the name of a method's type, or "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// callers returns, for each call of the builtin, the function it stands in ("package.Type.method") and
// where. Calls in variable initialisers count as "package.init".
func callers(s Source, builtin string) map[string]string {
	found := map[string]string{}
	for _, decl := range s.File.Decls {
		where := path.Join(s.Package) + ".init"
		if f, ok := decl.(*ast.FuncDecl); ok {
			where = s.Package + "." + f.Name.Name
			if r := receiver(f); r != "" {
				where = s.Package + "." + r + "." + f.Name.Name
			}
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if id, ok := call.Fun.(*ast.Ident); ok && id.Name == builtin {
					found[where] = s.At(call)
				}
			}
			return true
		})
	}
	return found
}

// testSins returns calls that tests must not make: skipping, and sleeping instead of waiting for
// something.
func testSins(s Source) []string {
	var found []string
	ast.Inspect(s.File, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch {
		case x.Name == "time" && sel.Sel.Name == "Sleep" && !synctest(s):
			found = append(found, s.At(sel)+": time.Sleep in a test: wait for a condition, or use testing/synctest")
		case strings.HasPrefix(sel.Sel.Name, "Skip") && (x.Name == "t" || x.Name == "b" || x.Name == "f" ||
			x.Name == "tb"):
			found = append(found, s.At(sel)+": a skipped test shows nothing: install what is missing, or fail")
		}
		return true
	})
	return found
}

// synctest reports whether a test file runs on the fake clock of testing/synctest, where sleeping is exact
// and takes no time.
func synctest(s Source) bool {
	for _, path := range s.imports() {
		if path == "testing/synctest" {
			return true
		}
	}
	return false
}
