package filters

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"jupyter-events-agent/checkpoint"
)

// idLen is the length of an event id: one AES block in hexadecimal.
const idLen = 2 * aes.BlockSize

// OutputKey is the key of one output's event ids. Ids of different outputs
// cannot be linked without the secret.
func OutputKey(secret []byte, output string) (key [32]byte) {
	k, err := hkdf.Key(sha256.New, secret, nil, "jupyter-events-agent event id "+output, len(key))
	if err != nil {
		panic("hkdf of 32 bytes: " + err.Error()) // only FIPS-only mode with a secret below 14 bytes
	}
	copy(key[:], k)
	return key
}

// EventID is the id of the event at a position: a permutation, so no two
// lines share one.
func EventID(key [32]byte, at checkpoint.Position) (id [idLen]byte) {
	var a Arena
	words := a.eventID(idCipher(key), at)
	words.put(id[:])
	return id
}

// Locate is the inverse of EventID. With another output's key it gives a
// position that does not exist, not an error.
func Locate(key [32]byte, id string) (checkpoint.Position, error) {
	block, err := hex.DecodeString(id)
	if err != nil || len(block) != aes.BlockSize {
		return checkpoint.Position{}, errors.New("an event id is 32 hexadecimal digits (see __event_id__ of a record)")
	}
	idCipher(key).Decrypt(block, block)
	return checkpoint.Position{
		Stream: binary.BigEndian.Uint64(block),
		Offset: int64(binary.BigEndian.Uint64(block[8:])),
	}, nil
}

func idCipher(key [32]byte) cipher.Block {
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		panic("aes with 16 bytes of key: " + err.Error()) // no other length reaches it
	}
	return block
}

// idText is the text of an event id, eight digits a word: written where it is
// needed by whole words, since reading back bytes just written has to wait.
type idText [4]uint64

func (t *idText) put(to []byte) {
	_ = to[idLen-1]
	binary.LittleEndian.PutUint64(to, t[0])
	binary.LittleEndian.PutUint64(to[8:], t[1])
	binary.LittleEndian.PutUint64(to[16:], t[2])
	binary.LittleEndian.PutUint64(to[24:], t[3])
}

// eventID works in the Arena's scratch: what an interface is given would
// otherwise be allocated each time.
func (a *Arena) eventID(block cipher.Block, at checkpoint.Position) idText {
	b := a.block[:]
	binary.BigEndian.PutUint64(b, at.Stream)
	binary.BigEndian.PutUint64(b[8:], uint64(at.Offset))
	return a.sealed(block)
}

// sealed encrypts the scratch.
func (a *Arena) sealed(block cipher.Block) idText {
	b := a.block[:]
	block.Encrypt(b, b)
	high, low := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	return idText{hex8(high >> 32), hex8(high & (1<<32 - 1)), hex8(low >> 32), hex8(low & (1<<32 - 1))}
}

// derivedID is the id of an event that an agent upstream gave an id: the same
// permutation of that one, so that it is single as well.
func (a *Arena) derivedID(block cipher.Block, upstream []byte) idText {
	copy(a.block[:], upstream)
	return a.sealed(block)
}

// hex8 is the eight hexadecimal digits of d, which is below 1<<32, the first
// in the lowest byte.
func hex8(d uint64) uint64 {
	d = d>>16 | d<<32&0x0000ffff00000000                   // halves: high first
	d = d>>8&0x000000ff000000ff | d<<16&0x00ff000000ff0000 // bytes
	d = d>>4&0x000f000f000f000f | d<<8&0x0f000f000f000f00  // digits
	letter := (d + 0x0606060606060606) >> 4 & 0x0101010101010101
	return d + 0x3030303030303030 + letter*('a'-'0'-10)
}
