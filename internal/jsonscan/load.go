package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
func load32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// firstByte is the index of the lowest byte of m that has its high bit set.
func firstByte(m uint64) int { return bits.TrailingZeros64(m) >> 3 }
