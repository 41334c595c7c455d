package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

const example = "../../gateway.example.yaml"

// TestExampleShowsTheDefaults reads the example as it is, and again with its
// comments taken off: both must give the same.
func TestExampleShowsTheDefaults(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	commented := regexp.MustCompile(`(?m)^( *)# ( *[a-z_]+:( .*)?)$`)
	all := commented.ReplaceAllString(string(data), "$1$2")
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
	if !reflect.DeepEqual(asIs, shown) {
		t.Errorf("defaults %+v\nshown    %+v", asIs, shown)
	}
	everyKey(t, reflect.TypeFor[config.Config](), all)
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
			t.Errorf("the example does not show %s", key)
		}
		everyKey(t, field.Type, text)
	}
}
