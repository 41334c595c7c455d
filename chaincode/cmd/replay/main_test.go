package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// recorded is a decision on a ledger, as it is exported.
func recorded(t *testing.T) (receipt, policies string) {
	t.Helper()
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "audit",
		Text: "@retain(\"P30D\")\npermit (principal in Waymark::Member::\"auditor\", action, resource);"})
	auditor := c.As("auditor", waymark.Operator)
	r := scenario.Must(c, auditor, policy.Authorize, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1", Purpose: "audit-7"})
	if !r.Decision.Allowed {
		t.Fatalf("decided %+v", r.Decision)
	}
	list := scenario.Must(c, auditor, policy.List, waymark.PoliciesQuery{Owner: "producer"})
	return encode(t, r), encode(t, list)
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReplay(t *testing.T) {
	receipt, policies := recorded(t)
	history := strings.Replace(policies, `"policies"`, `"versions"`, 1)
	tests := map[string]struct {
		receipt, policies string
		code              int
		says              string
	}{
		"as recorded":          {receipt, policies, same, "allowed true, because [producer/audit]"},
		"from a history":       {receipt, history, same, "allowed true"},
		"without the policies": {receipt, `{}`, other, "no text"},
		"another text":         {receipt, strings.Replace(policies, "auditor", "carrier", 1), other, "no text"},
		"another answer":       {strings.Replace(receipt, `"allowed":true`, `"allowed":false`, 1), policies, other, "the decision is"},
		"another reason":       {strings.Replace(receipt, `"producer/audit"`, `"producer/other"`, 1), policies, other, "the decision is"},
		"no obligations":       {strings.Replace(receipt, `"P30D"`, `"P31D"`, 1), policies, other, "the decision is"},
		"another principal":    {strings.Replace(receipt, `auditor/operator`, `auditor/admin`, 1), policies, other, "hold no"},
		"another role":         {strings.Replace(receipt, `operator\"`, `admin\"`, 1), policies, other, "hash"},
		"another version":      {strings.Replace(receipt, `"version":1`, `"version":2`, 1), policies, other, "hash"},
		"no receipt":           {`[`, policies, usage, "receipt.json"},
		"no policies":          {receipt, `"`, usage, "policies.json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := []string{filepath.Join(dir, "receipt.json"), filepath.Join(dir, "policies.json")}
			for i, content := range []string{test.receipt, test.policies} {
				if err := os.WriteFile(files[i], []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out, errs bytes.Buffer
			if code := run(files, &out, &errs); code != test.code || !strings.Contains(out.String()+errs.String(), test.says) {
				t.Errorf("exit %d: %s%s", code, out.String(), errs.String())
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, arguments := range [][]string{nil, {"/nowhere/receipt.json"}, {"verdict"}, {"verdict", "/nowhere/s.json", "/nowhere/m.json"}} {
		var out, errs bytes.Buffer
		if code := run(arguments, &out, &errs); code != usage || out.Len() > 0 || errs.Len() == 0 {
			t.Errorf("%v: exit %d: %s", arguments, code, errs.String())
		}
	}
}
