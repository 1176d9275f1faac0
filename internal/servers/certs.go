package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// authority signs certificates of tests, for a month.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// template is a certificate for the servers on this machine and their clients.
func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(30 * 24 * time.Hour),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert := template(name, 1)
	cert.IsCA, cert.BasicConstraintsValid = true, true
	cert.KeyUsage, cert.ExtKeyUsage, cert.DNSNames, cert.IPAddresses = x509.KeyUsageCertSign, nil, nil, nil
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err = x509.ParseCertificate(der)
	return &authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, err
}

// sign makes a certificate and its key (PKCS #8), both PEM.
func (a *authority) sign(name string) (cert, key []byte, err error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template(name, time.Now().UnixNano()), a.cert, own.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	p8, err := x509.MarshalPKCS8PrivateKey(own)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8}), err
}

// certificates writes what a server and its clients need into dir: ca.pem;
// server.crt, .key and both with the authority in server.pem; client.crt and
// .key; and other-ca.pem of an authority that signed none of them.
func certificates(dir string) error {
	ca, err := newAuthority("test-ca")
	if err != nil {
		return err
	}
	other, err := newAuthority("other-ca")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	put := func(name string, parts ...[]byte) {
		var text []byte
		for _, p := range parts {
			text = append(text, p...)
		}
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	put("ca.pem", ca.pem)
	put("other-ca.pem", other.pem)
	for _, who := range []string{"server", "client"} {
		cert, key, signed := ca.sign(who)
		err = errors.Join(err, signed)
		put(who+".crt", cert)
		put(who+".key", key)
		put(who+".pem", key, cert, ca.pem) // the form of Kafka's PEM stores
	}
	return err
}

// trusting is how a client of a server goes that has the certificates in dir.
func trusting(dir string) (*http.Transport, error) {
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return nil, err
	}
	own, err := tls.LoadX509KeyPair(filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}}, nil
}
