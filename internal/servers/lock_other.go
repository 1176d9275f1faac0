//go:build !unix

package servers

import "errors"

func lock(string, bool) (func(), error) {
	return nil, missing{errors.New("the real servers need a Unix")}
}
