package servers

import (
	"context"
	"fmt"
	"time"
)

// javaHome is a folder of the cache with what a server in Java is made of.
func javaHome(name string, sources []string, fill func(home string) error) (string, error) {
	const jdk = "a JDK of 17 or later"
	if err := need(map[string]string{"java": jdk, "javac": jdk, "jar": jdk, "mvn": "Maven"}); err != nil {
		return "", err
	}
	return Cached(name, sources, fill)
}

// poll asks until there is no error or ctx is done.
func poll(ctx context.Context, question func() error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := question()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-tick.C:
		}
	}
}
