package loki

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
)

// TestPacker: whatever the pieces, what is unpacked is what was packed.
func TestPacker(t *testing.T) {
	var p packer
	random := rand.New(rand.NewPCG(1, 2))
	for _, sizes := range [][]int{
		nil, {0}, {1}, {127}, {128}, {1, 2, 3}, {pieceLen}, {pieceLen + 1}, {pieceLen, 1}, {1, pieceLen}, {pieceLen - 1, 1, 1},
		{3 * pieceLen}, {16383, pieceLen, 16384, pieceLen}, {50, 3 * pieceLen, 50}, {pieceLen, pieceLen, pieceLen, 7},
	} {
		for _, letters := range []int{1, 3, 256} { // from what packs well to what does not at all
			var want []byte
			for _, size := range sizes {
				for range size {
					want = append(want, byte(random.IntN(letters)))
				}
			}
			p.begin(len(want))
			from := 0
			for _, size := range sizes {
				p.room(size)
				p.piece = append(p.piece, want[from:from+size]...)
				from += size
			}
			p.flush()
			got, err := s2.Decode(nil, p.packed)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%v of %d letters: %d bytes come back of %d, %v", sizes, letters, len(got), len(want), err)
			}
			if most := s2.MaxEncodedLen(len(want)) + 8*len(sizes); len(p.packed) > most {
				t.Errorf("%v of %d letters take %d bytes, more than %d", sizes, letters, len(p.packed), most)
			}
		}
	}
}
