package kafka

import "encoding/binary"

// murmur2 is the hash by which Kafka's Java client spreads keys, and by which
// most others do to agree with it (org.apache.kafka.common.utils.Utils).
func murmur2(key []byte) uint32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
		r    = 24
	)
	h := uint32(seed) ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := binary.LittleEndian.Uint32(key) * m
		k ^= k >> r
		h = h*m ^ k*m
	}
	switch len(key) {
	case 3:
		h ^= uint32(key[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(key[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(key[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}

// partitionOf is the partition of a key among n, n above 0.
func partitionOf(key []byte, n int) int {
	return int(murmur2(key)&0x7fffffff) % n
}
