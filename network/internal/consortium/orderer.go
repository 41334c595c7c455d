package consortium

import (
	"path/filepath"
	"strconv"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// ordererUnit is the ordering node of member m.
func ordererUnit(n topology.Network, m topology.Member) unit {
	c, ports := n.Credentials(m), n.Ports(m)
	data := filepath.Join(n.MemberDir(m), "orderer")
	u := newUnit(n, "orderer."+m.ID, "orderer", data, tierOrderer)
	u.spec.Env = append([]string{
		"FABRIC_CFG_PATH=" + n.ConfigDir(),
		"FABRIC_LOGGING_SPEC=warn",
		logFormat,
		"ORDERER_GENERAL_LISTENADDRESS=" + topology.Host,
		"ORDERER_GENERAL_LISTENPORT=" + strconv.Itoa(ports.Orderer),
		"ORDERER_GENERAL_LOCALMSPID=" + m.ID,
		"ORDERER_GENERAL_LOCALMSPDIR=" + c.OrdererMSP(),
		"ORDERER_GENERAL_BOOTSTRAPMETHOD=none",
		// Without a cap an orderer that comes back is found after two minutes.
		"ORDERER_GENERAL_BACKOFF_MAXDELAY=2s",
		"ORDERER_FILELEDGER_LOCATION=" + filepath.Join(data, "ledger"),
		"ORDERER_CONSENSUS_WALDIR=" + filepath.Join(data, "wal"),
		"ORDERER_CONSENSUS_SNAPDIR=" + filepath.Join(data, "snap"),
		"ORDERER_CHANNELPARTICIPATION_ENABLED=true",
		"ORDERER_ADMIN_LISTENADDRESS=" + topology.Address(ports.OrdererAdmin),
		"ORDERER_OPERATIONS_LISTENADDRESS=" + topology.Address(ports.OrdererOperations),
		"ORDERER_METRICS_PROVIDER=disabled",
	}, ordererTLS(c)...)
	u.spec.Inputs = []string{filepath.Join(n.ConfigDir(), "orderer.yaml"), c.OrdererTLS().Cert, c.OrdererIdentity().Cert}
	u.ports = []int{ports.Orderer, ports.OrdererAdmin, ports.OrdererOperations}
	u.probe = both(accepts(ports.Orderer), getOK(ports.OrdererOperations, "/healthz", c.TLSCA().Cert))
	return u
}

// ordererTLS is the orderer's TLS: of its clients' listener, of its calls to
// other orderers, of the admin listener, which wants a client certificate, and
// of health.
func ordererTLS(c topology.Credentials) []string {
	tls := c.OrdererTLS()
	return []string{
		"ORDERER_GENERAL_TLS_ENABLED=true",
		"ORDERER_GENERAL_TLS_CERTIFICATE=" + tls.Cert,
		"ORDERER_GENERAL_TLS_PRIVATEKEY=" + tls.Key,
		"ORDERER_GENERAL_TLS_ROOTCAS=[" + c.TLSCA().Cert + "]",
		"ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE=" + tls.Cert,
		"ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY=" + tls.Key,
		"ORDERER_ADMIN_TLS_ENABLED=true",
		"ORDERER_ADMIN_TLS_CERTIFICATE=" + tls.Cert,
		"ORDERER_ADMIN_TLS_PRIVATEKEY=" + tls.Key,
		"ORDERER_ADMIN_TLS_CLIENTAUTHREQUIRED=true",
		"ORDERER_ADMIN_TLS_CLIENTROOTCAS=[" + c.TLSCA().Cert + "]",
		"ORDERER_OPERATIONS_TLS_ENABLED=true",
		"ORDERER_OPERATIONS_TLS_CERTIFICATE=" + tls.Cert,
		"ORDERER_OPERATIONS_TLS_PRIVATEKEY=" + tls.Key,
	}
}
