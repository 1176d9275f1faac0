package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// LokiUntil is the variable of the environment with the time, in seconds since
// 1970, until which tests wait for a build of Loki that another process is at.
const LokiUntil = "LOKI_UNTIL"

// lokiModule is the folder of the module that says which Loki, and where its
// program is kept.
func lokiModule() (dir, program string, err error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", "", fmt.Errorf("go env: %w", err)
	}
	dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "internal", "servers", "loki")
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return "", "", err
	}
	program, err = cachePath("loki", []string{string(sums)})
	return dir, program, err
}

// BuildLoki builds the Loki that tests run against, if the cache does not have
// it: about ten CPU minutes, once. It prints nothing.
func BuildLoki() error {
	dir, program, err := lokiModule()
	if err != nil {
		return err
	}
	release, err := lock(program+".lock", false)
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Stat(program); err == nil {
		return nil
	}
	if err := run("go", "-C", dir, "build", "-trimpath", "-ldflags", "-s -w", "-o", program+".part", "github.com/grafana/loki/v3/cmd/loki"); err != nil {
		return err
	}
	return os.Rename(program+".part", program)
}

// lokiProgram is the built Loki. It waits for a build that is under way.
func lokiProgram() (string, error) {
	_, program, err := lokiModule()
	if err != nil {
		return "", err
	}
	until := time.Now()
	if seconds, err := strconv.ParseInt(os.Getenv(LokiUntil), 10, 64); err == nil {
		until = time.Unix(seconds, 0)
	}
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	built := func() bool {
		_, err := os.Stat(program)
		return err == nil
	}
	err = poll(ctx, func() error {
		if built() {
			return nil
		}
		release, err := lock(program+".lock", true)
		if release != nil {
			release()
			return nil // nobody is building it, or it was just built
		}
		if err == nil {
			err = missing{errors.New("loki is still being built")}
		}
		return err
	})
	if err == nil && !built() {
		err = missing{errors.New("loki is not built: run make loki, about ten minutes, once")}
	}
	return program, err
}
