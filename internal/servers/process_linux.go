package servers

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the server when the tests end, however they end.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
