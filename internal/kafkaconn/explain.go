package kafkaconn

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/dialerr"
)

// explain says in plain words why the connection failed.
func (c *Conn) explain(err error) error {
	text := ""
	switch {
	case errors.Is(err, ErrWantsTLS):
		text = "the broker wants TLS there: add tls = {}, with ca_file where the authority is your own, or name the port of a listener without"
	case errors.Is(err, ErrNotKafka):
		text = "what answers there does not speak Kafka's protocol: correct the address and the port"
	case errors.Is(err, errOldBroker):
		text = "the broker is older than Kafka 2.3: use a newer one"
	case closed(err) && c.by.Files == nil && c.answers == 0:
		text = "the broker closed the connection without an answer, as a listener with TLS does: add tls = {} if it is one, else see whether the broker restarts"
	case closed(err) && c.by.SASL == nil && c.answers == 1:
		text = "the broker closed the connection at the first request, as a listener with SASL does: add sasl = { … } if it is one, else see whether the broker restarts"
	case c.by.Files != nil:
		return c.by.Files.Explain(c.address, err)
	default:
		return dialerr.Explain(c.address, err)
	}
	return &dialerr.Error{Address: c.address, Text: text, Cause: err}
}

// closed says that the other side ended the connection.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// Refuses says that an error of Dial or Ask is one that waiting alone does not
// mend: the login, a certificate, or what is at the address.
func Refuses(err error) bool {
	for _, cause := range []error{kafka.SASLAuthenticationFailed, kafka.UnsupportedSASLMechanism, ErrWantsTLS, ErrNotKafka, errOldBroker, fs.ErrNotExist, fs.ErrPermission} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return dialerr.Refuses(err)
}
