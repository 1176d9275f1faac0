// Package signkey keeps the Ed25519 keys that audit files are signed with, as
// other programs know them: private keys as PKCS #8 in PEM, one behind the
// other in one file, and the public keys as SPKI in PEM, in a file beside it.
//
// In comes a path; out come the keys. It touches that file and FILE.pub alone.
// No error holds anything of a private key.
package signkey
