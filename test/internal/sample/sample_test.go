package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheSamplesAreCurrent writes again what the comment of the package says.
func TestTheSamplesAreCurrent(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`--package (\S+) --output (\S+)`).FindAllStringSubmatch(string(doc), -1)
	if len(written) != 3 {
		t.Fatalf("%d samples", len(written))
	}
	for _, w := range written {
		s, err := read(w[1])
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.sample()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(w[2]); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code says: run go generate ./... in test (%v)", w[2], err)
		}
	}
}

func TestSample(t *testing.T) {
	tests := []struct {
		name, give, want string
	}{
		{
			name: "an example, a default and none",
			give: "// TLS is a word. See Abc, TLS and TLS.Bc.\nTLS string `koanf:\"tls\" example:\"x\"`\nAbc int `koanf:\"a_b\" default:\"1\"`\nBc string `koanf:\"b\" default:\"\"`",
			want: "# tls is a word. See a_b, TLS and tls.b.\ntls: x\n\n#a_b: 1\n\n#b: \"\"\n",
		},
		{
			name: "a section that changes at once", give: "// S is.\nS Inner `koanf:\"s\" reload:\"now\"`",
			want: "# s is. (reload:\"now\")\ns:\n  # in is within.\n  #in: 2\n",
		},
		{
			name: "named", give: "M map[string]Inner `koanf:\"m\" example:\"p q\"`",
			want: "m:\n  p:\n    # in is within.\n    #in: 2\n  q:\n",
		},
		{name: "listed", give: "L []Inner `koanf:\"l\"`", want: "l:\n  -\n    # in is within.\n    #in: 2\n"},
		{name: "in one line", give: "// S is.\nS Inner `koanf:\"s\" default:\"{in: 3}\"`", want: "# s is.\n#   in is within.\n#s: {in: 3}\n"},
		{name: "instead", give: "S Inner `koanf:\"s\" default:\"\"`", want: "# s:\n#   # in is within.\n#   in: 2\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sampleOf(t, tt.give)
			if err != nil {
				t.Fatal(err)
			}
			_, keys, _ := strings.Cut(got, "\n\n")
			if keys != tt.want {
				t.Errorf("got\n%s\nwant\n%s", keys, tt.want)
			}
		})
	}
}

func TestAKeyNeedsAValue(t *testing.T) {
	if got, err := sampleOf(t, "A int `koanf:\"a\"`"); err == nil {
		t.Errorf("got\n%s", got)
	}
}

func sampleOf(t *testing.T, fields string) (string, error) {
	t.Helper()
	s := &source{structs: make(map[string][]field), keys: make(map[string]string)}
	text := "package p\n// Config is.\ntype Config struct {\n" + fields + "\n}\ntype Inner struct {\n// In is within.\nIn int `koanf:\"in\" default:\"2\"`\n}"
	if err := s.parse("p.go", []byte(text)); err != nil {
		t.Fatal(err)
	}
	got, err := s.sample()
	return string(got), err
}
