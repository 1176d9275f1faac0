package httpsend

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"sync"
)

// LongError: a response's body is longer than was to be read.
type LongError struct {
	Address string // host:port
	Bound   int64  // bytes
}

// Error shows nothing of the body.
func (e *LongError) Error() string {
	return fmt.Sprintf("%s: the answer is longer than %d bytes: check that the address is the service's own", e.Address, e.Bound)
}

// bounded is a response's body that ends with an error after left bytes, and
// whose other errors are in plain words.
type bounded struct {
	from        io.ReadCloser
	left, bound int64
	sender      *Sender
	address     string
	loan        *loan
}

// Read is io.Reader. A body that is as long as the bound is none that is too
// long, so at the bound it looks whether one byte more comes.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, err := b.from.Read(one[:]); n == 0 && err != nil {
			return 0, b.explain(err)
		} else if n == 0 {
			return 0, nil
		}
		return 0, &LongError{b.address, b.bound}
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	return n, b.explain(err)
}

func (b *bounded) explain(err error) error {
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return b.sender.explain(b.address, err)
}

// Close ends the exchange: the caller has the request's body back.
func (b *bounded) Close() error {
	b.loan.end()
	return b.from.Close()
}

// loan is a request's body that the caller gets back when the exchange is
// over: net/http may still read it after an early answer, when the caller's
// bytes are already others.
type loan struct {
	mu   sync.Mutex
	over bool
}

// end waits for a Read that is under way; later ones fail.
func (l *loan) end() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
}

type lent struct {
	io.ReadCloser
	loan *loan
}

var errOver = errors.New("the exchange is over")

// Read fails when the loan is over: the bytes may be others by then.
func (b lent) Read(p []byte) (int, error) {
	b.loan.mu.Lock()
	defer b.loan.mu.Unlock()
	if b.loan.over {
		return 0, errOver
	}
	return b.ReadCloser.Read(p)
}

// lend lets a request read its body, and its copies, until the loan ends.
func lend(req *http.Request) *loan {
	l := &loan{}
	if req.Body == nil || req.Body == http.NoBody {
		return l
	}
	req.Body = lent{req.Body, l}
	if again := req.GetBody; again != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil {
				return nil, err
			}
			return lent{body, l}, nil
		}
	}
	return l
}
