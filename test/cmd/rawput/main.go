// Command rawput is the least chaincode that there is: put(key, value). Made of the shim alone, it is
// what `make bench` measures the ledger itself by.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/waymark-ledger/waymark/test/internal/fixture"
	"github.com/waymark-ledger/waymark/test/internal/unruly"
)

func main() {
	if err := unruly.Serve(os.Getenv, put); err != nil {
		fmt.Fprintln(os.Stderr, "rawput:", err)
		os.Exit(1)
	}
}

// put writes its second argument under its first; the function's name comes before them.
func put(stub shim.ChaincodeStubInterface) ([]fixture.Write, error) {
	args := stub.GetArgs()
	if len(args) != 3 {
		return nil, errors.New("put takes a key and a value")
	}
	return []fixture.Write{{Key: string(args[1]), Bytes: args[2]}}, nil
}
