//go:build !linux

package servers

import "os/exec"

// dieWithParent is Linux's; elsewhere Main ends the servers, and a killed test
// process leaves them.
func dieWithParent(*exec.Cmd) {}
