module github.com/waymark-ledger/waymark/gateway/client

go 1.26.0

require (
	github.com/waymark-ledger/waymark/chaincode/waymark v0.0.0
	go.uber.org/goleak v1.3.0
)

replace github.com/waymark-ledger/waymark/chaincode/waymark => ../../chaincode/waymark
