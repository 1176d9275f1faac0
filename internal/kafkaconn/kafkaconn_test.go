package kafkaconn

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"jupyter-events-agent/internal/nettest"
	"jupyter-events-agent/internal/tlsfiles"
)

// request reads a request; false at the end.
func request(c net.Conn) (version int16, id int32, m protocol.Message, ok bool) {
	version, id, _, m, err := protocol.ReadRequest(c)
	return version, id, m, err == nil
}

// versions answers the first request as a broker does.
func versions(c net.Conn, fetch int16) bool {
	version, id, _, ok := request(c)
	return ok && protocol.WriteResponse(c, version, id, &apiversions.Response{ApiKeys: []apiversions.ApiKeyResponse{
		{ApiKey: int16(protocol.Fetch), MaxVersion: fetch}, {ApiKey: int16(protocol.Metadata), MaxVersion: 8}, {ApiKey: int16(protocol.ApiVersions), MaxVersion: 4},
	}}) == nil
}

// TestWhatIsNoBroker: what is at the address decides what the error says to do.
func TestWhatIsNoBroker(t *testing.T) {
	discard := func(c net.Conn) { _, _, _, _ = request(c) }
	for name, test := range map[string]struct {
		serve   func(net.Conn)
		tls     bool
		want    string
		refused bool
	}{
		"a web server": {func(c net.Conn) {
			discard(c)
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nServer: canary\r\n\r\n")
		}, false, "does not speak Kafka's protocol", true},
		"an alert of TLS":     {func(c net.Conn) { discard(c); _, _ = c.Write([]byte{0x15, 3, 3, 0, 2, 2, 70}) }, false, "add tls = {}", true},
		"TLS that says no":    {func(c net.Conn) { discard(c) }, false, "add tls = {}", false},
		"no TLS":              {func(c net.Conn) { _, _ = io.WriteString(c, "canary, no TLS") }, true, "leave tls out", true},
		"an unknown CA":       {func(c net.Conn) { _ = tls.Server(c, certificate(t)).Handshake() }, true, "tls.ca_file", true},
		"SASL that says no":   {func(c net.Conn) { versions(c, 17); discard(c) }, false, "add sasl = {", false},
		"an old broker":       {func(c net.Conn) { versions(c, 10); discard(c) }, false, "older than Kafka 2.3", true},
		"an answer of 2 GB":   {func(c net.Conn) { discard(c); _, _ = c.Write([]byte{0x7f, 0xff, 0xff, 0xff}) }, false, "does not speak Kafka's protocol", true},
		"an answer of no one": {func(c net.Conn) { discard(c); _, _ = c.Write([]byte{0, 0, 0, 0}) }, false, "does not speak Kafka's protocol", true},
	} {
		t.Run(name, func(t *testing.T) {
			address := nettest.Serve(t, test.serve)
			config := &Config{Brokers: []string{address}}
			if test.tls {
				config.TLS = &tlsfiles.Config{}
			}
			d, err := config.Open()
			if err != nil {
				t.Fatal(err)
			}
			c, err := d.Dial(t.Context(), address)
			if err == nil {
				_, err = c.Ask(t.Context(), &metadata.Request{TopicNames: []string{}})
				c.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "canary") || Refuses(err) != test.refused {
				t.Errorf("%v, refuses: %v; want %q", err, Refuses(err), test.want)
			}
		})
	}
	d, _ := (&Config{}).Open()
	if _, err := d.Dial(t.Context(), "127.0.0.1:1"); err == nil || Refuses(err) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody: %v", err)
	}
}

// certificate is one that nobody has signed.
func certificate(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Error(err)
		return nil
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Error(err)
		return nil
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// TestACancelledQuestion ends at once, and leaves no one behind.
func TestACancelledQuestion(t *testing.T) {
	asked := make(chan struct{})
	address := nettest.Serve(t, func(c net.Conn) {
		if versions(c, 17) {
			_, _, _, _ = request(c)
			close(asked)
			_, _ = io.Copy(io.Discard, c)
		}
	})
	d, _ := (&Config{}).Open()
	c, err := d.Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if now := time.Now(); !c.Fresh(now) || c.Fresh(now.Add(idleTime)) {
		t.Error("when a connection is too old to be used")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := c.Ask(ctx, &metadata.Request{TopicNames: []string{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestFrames: answers go through as they are, however they come in pieces.
func TestFrames(t *testing.T) {
	var stream []byte
	for _, n := range []int{4, 5, 1000, 70_000} {
		stream = binary.BigEndian.AppendUint32(stream, uint32(n))
		stream = append(stream, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	for name, pieces := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "errors with data": iotest.DataErrReader,
	} {
		for _, buffer := range []int{1, 3, 4096} {
			f := &frames{Conn: reading{Reader: pieces(bytes.NewReader(stream))}}
			var got []byte
			b := make([]byte, buffer)
			var err error
			for err == nil {
				var n int
				n, err = f.Read(b)
				got = append(got, b[:n]...)
			}
			if err != io.EOF || !bytes.Equal(got, stream) {
				t.Errorf("%s by %d: %d bytes of %d, %v", name, buffer, len(got), len(stream), err)
			}
		}
	}
}

type reading struct {
	net.Conn
	io.Reader
}

func (r reading) Read(b []byte) (int, error) { return r.Reader.Read(b) }
