package fabriciot

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// chaincode is written as chaincodes for Fabric 1.4 are.
const chaincode = `package main

import (
	"fmt"

	"github.com/hyperledger/fabric/core/chaincode/shim"
	sc "github.com/hyperledger/fabric/protos/peer"
	"github.com/newham/fabric-iot/chaincode/go/m"
)

type contract struct{}

func (contract) Init(shim.ChaincodeStubInterface) sc.Response { return shim.Success(nil) }

func (contract) Invoke(stub shim.ChaincodeStubInterface) sc.Response {
	if answer := stub.InvokeChaincode("pc", nil, "channel"); answer.GetStatus() != 200 {
		return shim.Error("no")
	}
	return shim.Success(m.OK)
}

func main() {
	if err := shim.Start(contract{}); err != nil {
		fmt.Println("stopped:", err)
	}
}
`

// checkout is a folder laid out as fabric-iot is.
func checkout(t *testing.T, dc string) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range map[string]string{
		"chaincode/go/dc/dc.go":      dc,
		"chaincode/go/pc/pc.go":      chaincode,
		"chaincode/go/ac/ac.go":      chaincode,
		"chaincode/go/m/m.go":        "package m\n\nvar OK = []byte(\"OK\")\n",
		"chaincode/go/m/m_test.go":   "not Go",
		"chaincode/go/m/policy.json": "{}",
		"test/other.go":              "not Go",
	} {
		if err := write(filepath.Join(dir, path), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func builder(t *testing.T, checkout string) Builder {
	t.Helper()
	ours, err := filepath.Abs("../../../chaincode")
	if err != nil {
		t.Fatal(err)
	}
	return Builder{Checkout: checkout, Chaincode: ours, Work: t.TempDir()}
}

func TestChaincodesOfFabric14AreBuiltAsWritten(t *testing.T) {
	b := builder(t, checkout(t, chaincode))
	if err := b.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, contract := range Contracts() {
		cmd := exec.CommandContext(t.Context(), b.Program(contract))
		cmd.Env = []string{"CHAINCODE_TLS_CERT_FILE=nowhere"}
		said, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(said), "stopped: open nowhere") {
			t.Errorf("%s without its settings: %v, %s", contract, err, said)
		}
	}
	if _, err := os.Stat(filepath.Join(b.Checkout, "go.mod")); err == nil {
		t.Error("the checkout was written to")
	}
}

func TestWhatCannotBeBuilt(t *testing.T) {
	tests := []struct{ name, checkout, want string }{
		{"no checkout", t.TempDir(), "no checkout of fabric-iot"},
		{"other code", checkout(t, strings.Replace(chaincode, "shim.Success(m.OK)", "shim.Nothing()", 1)), "undefined: shim.Nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := builder(t, tt.checkout).Build(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestACheckoutThatIsNoRepositoryHasNoCommit(t *testing.T) {
	if commit, err := builder(t, t.TempDir()).Commit(t.Context()); err == nil {
		t.Errorf("got %q", commit)
	}
}
