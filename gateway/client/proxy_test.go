package client_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// The environment is read once in a process, so that the client is in one of its own.
func TestProxyOfTheEnvironment(t *testing.T) {
	const behind = "WAYMARK_TEST_BEHIND_A_PROXY"
	if os.Getenv(behind) != "" {
		c, err := client.New(client.Options{URL: "https://gateway.test:7100", Attempts: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Health(t.Context()); err == nil {
			t.Fatal("a gateway that there is not has answered")
		}
		return
	}
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.Method + " " + r.Host:
		default:
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	program.Env = append(os.Environ(), behind+"=1", "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	if said, err := program.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	select {
	case got := <-asked:
		if got != "CONNECT gateway.test:7100" {
			t.Errorf("the proxy was asked for %s", got)
		}
	default:
		t.Error("the proxy was not asked")
	}
}
