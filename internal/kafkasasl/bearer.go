package kafkasasl

import (
	"context"
	"errors"

	"github.com/segmentio/kafka-go/sasl"
)

// token is the client's side of OAUTHBEARER (RFC 7628, KIP-255).
type token string

func bearer(secret string) (sasl.Mechanism, error) { return token(secret), nil }

// Name is the mechanism's name on the wire.
func (token) Name() string { return "OAUTHBEARER" }

// Start sends the token. No user is named: it is in the token.
func (t token) Start(context.Context) (sasl.StateMachine, []byte, error) {
	return t, []byte("n,,\x01auth=Bearer " + string(t) + "\x01\x01"), nil
}

// ErrToken: the server did not take the token.
var ErrToken = errors.New("the token was refused")

// Next ends it: an answer that is not empty is the server's refusal, whose
// text is not shown.
func (t token) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	if len(challenge) > 0 {
		return false, nil, ErrToken
	}
	return true, nil, nil
}
