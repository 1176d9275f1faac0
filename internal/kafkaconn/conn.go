package kafkaconn

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"

	"jupyter-events-agent/internal/dialerr"
	"jupyter-events-agent/internal/tlsfiles"
)

// kafka-go's Transport is not used: it asks for all topics of the cluster again
// and again, cannot be told that what it knows is old, keeps the first error
// that it met, and its connections are goroutines that nobody waits for. Its
// protocol package is, on connections that belong to one call at a time.

// ClientID is what the brokers' logs and quotas call the agent.
const ClientID = "jupyter-events-agent"

const (
	answerTime = 30 * time.Second // for any answer
	// idleTime: brokers close connections after 10 minutes, what stands
	// between often after less than 6.
	idleTime = 3 * time.Minute
)

// Conn is a connection to one broker, authenticated. For one goroutine at a time.
type Conn struct {
	address string
	by      *Dialer
	net     net.Conn
	proto   *protocol.Conn
	answers int       // that have come
	used    time.Time // when an answer last came
	expires time.Time // when it must authenticate anew; zero: never
}

// Dial connects to host:port. The error is in plain words.
func (d *Dialer) Dial(ctx context.Context, address string) (*Conn, error) {
	plain, err := d.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	c := &Conn{address: address, by: d, net: plain, proto: protocol.NewConn(&frames{Conn: plain}, ClientID)}
	err = c.versions(ctx)
	if err == nil && d.SASL != nil {
		err = c.authenticate(ctx, d.SASL)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// connect makes the connection with its TLS, if it has any.
func (d *Dialer) connect(ctx context.Context, address string) (net.Conn, error) {
	if d.Files == nil {
		return tlsfiles.Plain(ctx, "tcp", address)
	}
	conn, err := d.Files.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Library is the same for kafka-go's own consumer group.
func (d *Dialer) Library() *kafka.Dialer {
	return &kafka.Dialer{
		ClientID: ClientID, Timeout: 10 * time.Second, SASLMechanism: d.SASL,
		DialFunc: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := d.connect(ctx, address)
			if err != nil {
				return nil, err
			}
			return &frames{Conn: conn}, nil
		},
	}
}

// Ask sends a request and returns its answer. After an error the connection is
// of no use: close it.
func (c *Conn) Ask(ctx context.Context, request protocol.Message) (protocol.Message, error) {
	var answer protocol.Message
	err := c.during(ctx, answerTime, func() (err error) {
		answer, err = c.proto.RoundTrip(request)
		return err
	})
	return answer, err
}

// Send writes a request that the caller has made, and Receive reads from the
// answers to such requests: first their length of four bytes. Within most.
func (c *Conn) Send(ctx context.Context, request []byte) error {
	return c.during(ctx, answerTime, func() error {
		_, err := c.proto.Write(request)
		return err
	})
}

// Receive fills b, see Send.
func (c *Conn) Receive(ctx context.Context, most time.Duration, b []byte) error {
	return c.during(ctx, most, func() error {
		for len(b) > 0 {
			n, err := c.proto.Read(b)
			if b = b[n:]; err != nil && len(b) > 0 {
				return err
			}
		}
		return nil
	})
}

// during does something with the connection that ends in time, or when ctx is done.
func (c *Conn) during(ctx context.Context, most time.Duration, do func() error) error {
	deadline := time.Now().Add(most)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := c.net.SetDeadline(deadline); err != nil {
		return c.explain(err)
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.net.SetDeadline(time.Unix(1, 0)) // wakes what waits
		close(ended)
	})
	err := do()
	if !stop() {
		<-ended
	}
	switch {
	case err == nil:
		c.used = time.Now()
		c.answers++
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return c.explain(err)
}

// versions asks which requests the broker takes.
func (c *Conn) versions(ctx context.Context) error {
	m, err := c.Ask(ctx, &apiversions.Request{})
	if err != nil {
		return err
	}
	answer, ok := m.(*apiversions.Response)
	if !ok || answer.ErrorCode != 0 {
		return c.explain(ErrNotKafka)
	}
	versions := make(map[protocol.ApiKey]int16, len(answer.ApiKeys))
	for _, k := range answer.ApiKeys {
		key := protocol.ApiKey(k.ApiKey)
		versions[key] = key.SelectVersion(k.MinVersion, k.MaxVersion)
	}
	c.proto.SetVersions(versions)
	if versions[protocol.Fetch] < FetchVersion {
		return c.explain(errOldBroker)
	}
	return nil
}

// FetchVersion is the version of fetch requests that every broker here takes.
const FetchVersion = 11

var errOldBroker = errors.New("the broker is older than Kafka 2.3")

// authenticate goes through SASL. What a broker says of a failure is not
// shown: it may hold what was sent.
func (c *Conn) authenticate(ctx context.Context, mechanism sasl.Mechanism) error {
	m, err := c.Ask(ctx, &saslhandshake.Request{Mechanism: mechanism.Name()})
	if err != nil {
		return err
	}
	if answer, ok := m.(*saslhandshake.Response); !ok || answer.ErrorCode != 0 {
		return &dialerr.Error{Address: c.address, Cause: kafka.UnsupportedSASLMechanism, Text: "this listener does not take sasl.mechanism " +
			strings.ToLower(mechanism.Name()) + known(answer) + ": set one that it has, or name the port of another listener"}
	}
	session, token, err := mechanism.Start(ctx)
	if err != nil {
		return err
	}
	for {
		m, err := c.Ask(ctx, &saslauthenticate.Request{AuthBytes: token})
		if err != nil {
			return err
		}
		answer, ok := m.(*saslauthenticate.Response)
		if !ok || answer.ErrorCode != 0 {
			return c.refused(mechanism)
		}
		done, next, err := session.Next(ctx, answer.AuthBytes)
		if err != nil {
			return c.refused(mechanism)
		}
		if done {
			if life := time.Duration(answer.SessionLifetimeMs) * time.Millisecond; life > 0 {
				c.expires = time.Now().Add(life - life/8) // KIP-368: the broker would close it
			}
			return nil
		}
		token = next
	}
}

// known are the mechanisms that a listener names, of those that the agent has.
func known(answer *saslhandshake.Response) string {
	var has []string
	for _, name := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"} {
		if answer != nil && slices.Contains(answer.Mechanisms, name) {
			has = append(has, strings.ToLower(name))
		}
	}
	if len(has) == 0 {
		return ""
	}
	return ", it has " + strings.Join(has, ", ")
}

func (c *Conn) refused(mechanism sasl.Mechanism) error {
	what := "sasl.username and the password in sasl.password_file"
	if mechanism.Name() == "OAUTHBEARER" {
		what = "the token in sasl.token_file"
	}
	return &dialerr.Error{Address: c.address, Cause: kafka.SASLAuthenticationFailed,
		Text: "the broker refuses the agent's login: check " + what + ", which is read again at each try"}
}

// Fresh says that the connection may be used for another request.
func (c *Conn) Fresh(now time.Time) bool {
	return now.Sub(c.used) < idleTime && (c.expires.IsZero() || now.Before(c.expires))
}

// Close ends the connection.
func (c *Conn) Close() { c.net.Close() }
