package validate

import "regexp"

func isRegex(b []byte) bool {
	_, err := regexp.Compile(string(b))
	return err == nil
}
