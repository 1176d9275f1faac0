package checkpoint

import "os"

// mayCreate says whether the folder is there: who may write to it stands in its
// access list.
func mayCreate(folder string) error {
	_, err := os.Stat(folder)
	return err
}
