package jsonscan

import "encoding/binary"

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
func load32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
