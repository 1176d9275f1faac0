// Command lokibuild builds the Loki that the tests with the build tag real run
// against, into the user's cache folder: about ten CPU minutes, once.
package main

import (
	"fmt"
	"os"

	"jupyter-events-agent/internal/servers"
)

func main() {
	if err := servers.BuildLoki(); err != nil {
		fmt.Fprintln(os.Stderr, "building Loki:", err)
		os.Exit(1)
	}
}
