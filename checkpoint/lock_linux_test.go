package checkpoint

import "testing"

// TestAFullDiskLocks: who holds the lock is for people alone.
func TestAFullDiskLocks(t *testing.T) {
	lock, err := takeLock("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}
