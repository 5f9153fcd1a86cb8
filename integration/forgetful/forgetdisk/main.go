// Command forgetdisk serves forgetful disks (package forgetful) as its standard input asks. Tests start it.
package main

import (
	"fmt"
	"os"

	"troxymail/integration/forgetful"
)

func main() {
	if err := forgetful.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "forgetdisk:", err)
		os.Exit(1)
	}
}
