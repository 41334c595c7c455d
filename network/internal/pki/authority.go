package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// Authority issues certificates in the name of one member's certificate
// authority.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// LoadAuthority reads the certificate and PKCS #8 key of an authority.
func LoadAuthority(files topology.Pair) (*Authority, error) {
	certDER, err := readPEM(files.Cert)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", files.Cert, err)
	}
	keyDER, err := readPEM(files.Key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", files.Key, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("parse %s: the key is not ECDSA", files.Key)
	}
	return &Authority{cert: cert, key: key}, nil
}

// Request says what a certificate is to state.
type Request struct {
	// CommonName is the subject's name.
	CommonName string
	// Unit is the subject's organisational unit. Fabric reads a certificate's
	// kind from it: client, peer, orderer or admin (NodeOUs).
	Unit string
	// Attributes go into Fabric CA's attribute extension, if there are any.
	Attributes map[string]string
	// Hosts are the DNS names and IP addresses a TLS server is reached by.
	Hosts []string
	// Server and Client allow TLS server and TLS client authentication.
	Server, Client bool
}

// Issue makes a P-256 key and a certificate for it, valid as long as the
// authority itself, and writes both as PEM files, the key readable by its owner
// alone.
func (a *Authority) Issue(req Request, files topology.Pair) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make key for %s: %w", req.CommonName, err)
	}
	template, err := a.template(req)
	if err != nil {
		return err
	}
	certDER, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), lowS{a.key})
	if err != nil {
		return fmt.Errorf("sign certificate for %s: %w", req.CommonName, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key for %s: %w", req.CommonName, err)
	}
	if err := writePEM(files.Cert, "CERTIFICATE", certDER, 0o644); err != nil {
		return err
	}
	return writePEM(files.Key, "PRIVATE KEY", keyDER, 0o600)
}

// serialBits is the length of a random certificate serial number: the most that
// RFC 5280 section 4.1.2.2 lets be sure to fit in 20 octets, rounded down.
const serialBits = 128

// template is the certificate to be signed for req.
func (a *Authority) template(req Request) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	cert := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: req.CommonName},
		NotBefore:             a.cert.NotBefore,
		NotAfter:              a.cert.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	if req.Unit != "" {
		cert.Subject.OrganizationalUnit = []string{req.Unit}
	}
	if req.Server {
		cert.ExtKeyUsage = append(cert.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	if req.Client {
		cert.ExtKeyUsage = append(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	}
	for _, host := range req.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, host)
		}
	}
	if len(req.Attributes) > 0 {
		extension, err := attributeExtension(req.Attributes)
		if err != nil {
			return nil, err
		}
		cert.ExtraExtensions = append(cert.ExtraExtensions, extension)
	}
	return cert, nil
}

// attributeExtension carries attributes as Fabric CA writes them, where
// chaincode's client identity library finds them.
func attributeExtension(attributes map[string]string) (pkix.Extension, error) {
	value, err := json.Marshal(struct {
		Attrs map[string]string `json:"attrs"`
	}{attributes})
	if err != nil {
		return pkix.Extension{}, fmt.Errorf("encode attributes: %w", err)
	}
	return pkix.Extension{Id: []int{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: value}, nil
}

// readPEM returns the content of the first PEM block of a file.
func readPEM(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read PEM: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("read PEM %s: %w", path, errors.New("no PEM block"))
	}
	return block.Bytes, nil
}

// writePEM writes one PEM block, making the directory if need be.
func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

// writeFile writes a file, making its directory, for the owner alone, if need be.
func writeFile(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}
