package tlsfiles

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"

	"jupyter-events-agent/internal/fileerr"
)

// material is what the files held at one moment.
type material struct {
	roots *x509.CertPool   // nil: the system's
	pair  *tls.Certificate // nil: none
}

func (c Config) read() (material, error) {
	var m material
	if c.CAFile != "" {
		text, err := file("ca_file", c.CAFile)
		if err != nil {
			return m, err
		}
		authorities, err := certificates("ca_file", c.CAFile, text)
		if err != nil {
			return m, err
		}
		m.roots = x509.NewCertPool()
		for _, a := range authorities {
			m.roots.AddCert(a)
		}
	}
	if c.CertFile == "" {
		return m, nil
	}
	cert, err := file("cert_file", c.CertFile)
	if err != nil {
		return m, err
	}
	if _, err := certificates("cert_file", c.CertFile, cert); err != nil {
		return m, err
	}
	key, err := file("key_file", c.KeyFile)
	if err != nil {
		return m, err
	}
	if block, _ := pem.Decode(key); block == nil {
		return m, fmt.Errorf("key_file %s: holds no whole PEM key: write the key there, from BEGIN to END", c.KeyFile)
	} else if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return m, fmt.Errorf("key_file %s: the key is encrypted: decrypt it with openssl pkey -in OLD -out NEW, and let only the agent's user read it", c.KeyFile)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil { // its text may quote the file
		return m, fmt.Errorf("key_file %s: is not the key of cert_file %s: name two files that belong together", c.KeyFile, c.CertFile)
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return m, broken("cert_file", c.CertFile)
		}
	}
	m.pair = &pair
	return m, nil
}

// certificates are all of a PEM file. A file of which only a part is written
// is an error, where x509.AppendCertsFromPEM would take the part.
func certificates(key, path string, text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		if block.Type != "CERTIFICATE" {
			continue // a key may stand in the same file
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, broken(key, path)
		}
		all = append(all, c)
	}
	if bytes.Contains(text, []byte("-----BEGIN")) {
		return nil, fmt.Errorf("%s %s: ends in the middle of a certificate: write it whole, best under another name and renamed", key, path)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s %s: holds no certificate: it should hold -----BEGIN CERTIFICATE-----", key, path)
	}
	return all, nil
}

func broken(key, path string) error {
	return fmt.Errorf("%s %s: holds a certificate that is not right: get it anew", key, path)
}

// longest is more than all authorities of a system have.
const longest = 4 << 20

func file(key, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s %s: is not a plain file: name a file in PEM form", key, path)
	}
	if err == nil && info.Size() > longest {
		return nil, fmt.Errorf("%s %s: is too long for certificates: name a file in PEM form", key, path)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err == nil {
		return text, nil
	}
	return nil, fmt.Errorf("%s %s: %w", key, path, fileerr.Explain(path, err, "correct the path, or put the file there"))
}
