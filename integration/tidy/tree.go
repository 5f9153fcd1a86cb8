package tidy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// Module is the path of this module; every package of ours starts with it.
const Module = "troxymail"

// Package is what `go list -json` says of one package, as far as the rules need it.
type Package struct {
	ImportPath   string
	Dir          string
	Name         string
	Standard     bool
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	Module       *struct{ Path, Version string }
	Error        *struct{ Err string }
}

// Own returns the path within the module ("bftcore/wire"), or "" for a package that is not of ours. The
// module's root package is ".".
func (p Package) Own() string { return own(p.ImportPath) }

func own(path string) string {
	if path == Module {
		return "."
	}
	if rest, ok := strings.CutPrefix(path, Module+"/"); ok {
		return rest
	}
	return ""
}

// Root returns the folder of go.mod above the working folder.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("tidy: no go.mod above the working folder")
		}
		dir = up
	}
}

// List runs `go list -e -json` with args in root and returns the packages sorted by path.
func List(root string, args ...string) ([]Package, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = root
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("tidy: go list %v: %w: %s", args, err, errs.String())
	}
	var all []Package
	for dec := json.NewDecoder(&out); ; {
		var p Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("tidy: go list output: %w", err)
		}
		all = append(all, p)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ImportPath < all[j].ImportPath })
	return all, nil
}

// Source is one parsed Go file of the module.
type Source struct {
	Path    string // relative to the root, with slashes
	Package string // folder relative to the root: "bftcore/wire"
	Test    bool
	Text    []byte
	Fset    *token.FileSet
	File    *ast.File
}

// Line returns the line number of a node.
func (s Source) Line(n ast.Node) int { return s.Fset.Position(n.Pos()).Line }

// At returns "path:line" of a node, for messages.
func (s Source) At(n ast.Node) string { return fmt.Sprintf("%s:%d", s.Path, s.Line(n)) }

// Sources parses every Go file below root, testdata folders excepted, sorted by path. Files of every
// build tag are included.
func Sources(root string) ([]Source, error) {
	var all []Source
	err := Walk(root, func(rel string, text []byte) error {
		if !strings.HasSuffix(rel, ".go") || strings.Contains(rel, "/testdata/") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, rel, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, Source{
			Path: rel, Package: filepath.ToSlash(filepath.Dir(rel)), Test: strings.HasSuffix(rel, "_test.go"),
			Text: text, Fset: fset, File: file,
		})
		return nil
	})
	return all, err
}

// Walk calls visit with every regular file of the project: not what git keeps for itself (a folder, or in
// a linked worktree a file), and not what the root's .gitignore names by folder. Paths are relative to root, with slashes, in lexical order.
func Walk(root string, visit func(rel string, text []byte) error) error {
	ignored := map[string]bool{".git": true, "bin": true, "troxymail-demo": true}
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if ignored[rel] {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || ignored[rel] || strings.HasSuffix(rel, ".test") || strings.HasSuffix(rel, ".out") {
			return nil
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil // an editor's or a test's temporary file
		}
		if err != nil {
			return err
		}
		return visit(rel, text)
	})
}

// under reports whether path is the folder or lies below it.
func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// imports returns the import paths of a file.
func (s Source) imports() []string {
	var paths []string
	for _, spec := range s.File.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}
