package main

import "time"

// ownCPU is 0: not known here.
func ownCPU() time.Duration { return 0 }
