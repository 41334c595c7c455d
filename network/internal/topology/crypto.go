package topology

import "path/filepath"

// Pair is a certificate and its private key, both PEM files.
type Pair struct {
	Cert, Key string
}

// pair names the files of the certificate and key in dir.
func pair(dir string) Pair {
	return Pair{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
}

// Credentials names the keys and certificates of one member.
type Credentials struct {
	root string
	id   string
}

// Credentials returns the names of member m's keys and certificates.
func (n Network) Credentials(m Member) Credentials {
	return Credentials{root: n.CryptoDir(), id: m.ID}
}

// CredentialsUnder is Credentials for a crypto directory other than the
// network's, such as one that is still being filled.
func CredentialsUnder(dir string, m Member) Credentials {
	return Credentials{root: dir, id: m.ID}
}

// organisation is where cryptogen puts what it makes for the member.
func (c Credentials) organisation() string {
	return filepath.Join(c.root, "peerOrganizations", c.id)
}

// issued is where we put what we issue with the member's authorities.
func (c Credentials) issued() string { return filepath.Join(c.root, "issued", c.id) }

// CA is the authority that signs the member's Fabric identities.
func (c Credentials) CA() Pair {
	return Pair{
		Cert: filepath.Join(c.organisation(), "ca", "ca."+c.id+"-cert.pem"),
		Key:  filepath.Join(c.organisation(), "ca", "priv_sk"),
	}
}

// TLSCA is the authority that signs the member's TLS certificates.
func (c Credentials) TLSCA() Pair {
	return Pair{
		Cert: filepath.Join(c.organisation(), "tlsca", "tlsca."+c.id+"-cert.pem"),
		Key:  filepath.Join(c.organisation(), "tlsca", "priv_sk"),
	}
}

// MSP is the directory that defines the member on the channel.
func (c Credentials) MSP() string { return filepath.Join(c.organisation(), "msp") }

// AdminMSP is the directory of the member's Fabric administrator, who joins
// peers and approves chaincode.
func (c Credentials) AdminMSP() string {
	return filepath.Join(c.organisation(), "users", "Admin@"+c.id, "msp")
}

// Admin is the administrator's signing certificate inside AdminMSP.
func (c Credentials) Admin() Pair {
	return Pair{
		Cert: filepath.Join(c.AdminMSP(), "signcerts", "Admin@"+c.id+"-cert.pem"),
		Key:  filepath.Join(c.AdminMSP(), "keystore", "priv_sk"),
	}
}

// PeerMSP is the directory of the peer's identity.
func (c Credentials) PeerMSP() string {
	return filepath.Join(c.organisation(), "peers", "peer."+c.id, "msp")
}

// PeerTLS is the peer's TLS certificate.
func (c Credentials) PeerTLS() Pair {
	dir := filepath.Join(c.organisation(), "peers", "peer."+c.id, "tls")
	return Pair{Cert: filepath.Join(dir, "server.crt"), Key: filepath.Join(dir, "server.key")}
}

// OrdererMSP is the directory of the orderer's identity.
func (c Credentials) OrdererMSP() string { return filepath.Join(c.issued(), "orderer", "msp") }

// OrdererIdentity is the orderer's signing certificate inside OrdererMSP.
func (c Credentials) OrdererIdentity() Pair {
	return Pair{
		Cert: filepath.Join(c.OrdererMSP(), "signcerts", "cert.pem"),
		Key:  filepath.Join(c.OrdererMSP(), "keystore", "priv_sk"),
	}
}

// OrdererTLS is the orderer's TLS certificate, for serving and for calling
// other orderers.
func (c Credentials) OrdererTLS() Pair { return pair(filepath.Join(c.issued(), "orderer", "tls")) }

// OrdererAdmin is the client certificate that may join the orderer to a channel.
func (c Credentials) OrdererAdmin() Pair { return pair(filepath.Join(c.issued(), "orderer", "admin")) }

// GatewayTLS is the server certificate of the member's gateway.
func (c Credentials) GatewayTLS() Pair { return pair(filepath.Join(c.issued(), "gateway")) }

// ChaincodeServer is the server certificate of the member's chaincode process.
func (c Credentials) ChaincodeServer() Pair {
	return pair(filepath.Join(c.issued(), "chaincode", "server"))
}

// ChaincodeClient is the certificate with which the peer calls the chaincode.
func (c Credentials) ChaincodeClient() Pair {
	return pair(filepath.Join(c.issued(), "chaincode", "client"))
}

// BrokerTLS is the server certificate of the embedded MQTT broker.
func (c Credentials) BrokerTLS() Pair { return pair(filepath.Join(c.issued(), "broker")) }

// Identity is the Fabric client identity of a role.
func (c Credentials) Identity(role string) Pair {
	return pair(filepath.Join(c.issued(), "identities", role))
}

// Token is the file that holds a role's bearer token.
func (c Credentials) Token(role string) string {
	return filepath.Join(c.issued(), "tokens", role)
}
