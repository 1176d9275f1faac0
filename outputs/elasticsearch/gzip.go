package elasticsearch

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/gzip"
)

// packer compresses bodies into memory that it uses again.
type packer struct {
	to     bytes.Buffer
	writer *gzip.Writer
}

func newPacker(level int) (*packer, error) {
	w, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		return nil, fmt.Errorf("gzip: level %d is none: use 1 to 9", level)
	}
	return &packer{writer: w}, nil
}

// pack is body compressed, valid until it is called again.
func (p *packer) pack(body []byte) ([]byte, error) {
	p.to.Reset()
	p.writer.Reset(&p.to)
	if _, err := p.writer.Write(body); err != nil {
		return nil, fmt.Errorf("compress the request: %w", err)
	}
	if err := p.writer.Close(); err != nil {
		return nil, fmt.Errorf("compress the request: %w", err)
	}
	return p.to.Bytes(), nil
}
