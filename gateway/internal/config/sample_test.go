package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

const sample = "../../../docs/operations/gateway.yaml"

// TestTheSampleShowsTheDefaults reads the sample as it is, and again with its defaults taken
// for settings: both must give the same.
func TestTheSampleShowsTheDefaults(t *testing.T) {
	data, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(string(data), "$1$2")
	asIs, _, err := load(t, string(data))
	if err != nil {
		t.Fatal(err)
	}
	shown, _, err := load(t, all)
	if err != nil {
		t.Fatalf("%v in\n%s", err, all)
	}
	// Paths are anchored in different folders.
	asIs.TLS, asIs.Identities, asIs.Peers[0].CAFile, asIs.TokensFile = shown.TLS, shown.Identities, shown.Peers[0].CAFile, shown.TokensFile
	asIs.Database = shown.Database
	if len(shown.CORSOrigins) == 0 && len(shown.Traces.Follow) == 0 && len(shown.Webhooks.AllowNetworks) == 0 { // none, or a list of none
		shown.CORSOrigins, shown.Traces.Follow, shown.Webhooks.AllowNetworks = asIs.CORSOrigins, asIs.Traces.Follow, asIs.Webhooks.AllowNetworks
	}
	if !reflect.DeepEqual(asIs, shown) {
		t.Errorf("defaults %+v\nshown    %+v", asIs, shown)
	}
	everyKey(t, reflect.TypeFor[config.Config](), string(data))
}

func TestTheEnvironmentFillsAnEmptySection(t *testing.T) {
	data, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := load(t, string(data), "WAYMARK_GATEWAY_LIMITS__RATES__READ__BURST=7", "WAYMARK_GATEWAY_TIMEOUTS__COMMIT=7s")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits.Rates.Read.Burst != 7 || c.Limits.Rates.Read.PerSecond != 1000 || c.Timeouts.Commit.Seconds() != 7 {
		t.Errorf("%+v", c)
	}
}

func everyKey(t *testing.T, typ reflect.Type, text string) {
	t.Helper()
	switch typ.Kind() {
	case reflect.Map, reflect.Slice:
		everyKey(t, typ.Elem(), text)
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	for field := range typ.Fields() {
		key := field.Tag.Get("koanf")
		if !strings.Contains(text, key+":") {
			t.Errorf("the sample does not show %s", key)
		}
		everyKey(t, field.Type, text)
	}
}
