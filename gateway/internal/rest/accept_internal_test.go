package rest

import (
	"strings"
	"testing"
)

func TestAcceptsJSON(t *testing.T) {
	tests := []struct {
		give []string
		want bool
	}{
		{want: true},
		{give: []string{"application/json"}, want: true},
		{give: []string{"APPLICATION/JSON"}, want: true},
		{give: []string{"application/json; charset=utf-8"}, want: true},
		{give: []string{"application/json;q=0.001"}, want: true},
		{give: []string{"*/*"}, want: true},
		{give: []string{"application/*;q=0.1"}, want: true},
		{give: []string{"text/html, */*;q=0.8"}, want: true},
		{give: []string{"text/html", "application/json"}, want: true},
		{give: []string{"application/problem+json, application/json"}, want: true},
		{give: []string{"application/json;q=0, application/json"}, want: true},
		{give: []string{"application/json, application/json;q=0"}, want: true},
		{give: []string{"*/*;q=0, application/json"}, want: true},
		{give: []string{"application/json, */*;q=0"}, want: true},

		{give: []string{""}},
		{give: []string{"text/html"}},
		{give: []string{"application/problem+json"}},
		{give: []string{"application/json;q=0"}},
		{give: []string{"application/json;Q=0.000, */*"}},
		{give: []string{"*/*, application/*;q=0"}},
		{give: []string{"application/json;q=2"}},
		{give: []string{"application/json;q="}},
		{give: []string{"application/json;q=NaN"}},
		{give: []string{"application/json;q=0x1"}},
		{give: []string{"application"}},
		{give: []string{"*"}},
		{give: []string{"*/json"}},
		{give: []string{"text/*"}},
		{give: []string{strings.Repeat(",", 10_000)}},
	}
	for _, tt := range tests {
		if got := accepts(tt.give, jsonMedia); got != tt.want {
			t.Errorf("%.80q: %v", tt.give, got)
		}
	}
}

func FuzzAcceptsJSON(f *testing.F) {
	for _, seed := range []string{"application/json", "*/*;q=0.1", "a/b;q=;q=1,,", ";", "application/json;q=0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if !accepts([]string{header, "application/json"}, jsonMedia) && !strings.Contains(header, `"`) {
			t.Errorf("%q with application/json is refused", header)
		}
		if accepts([]string{header, "application/json;q=0"}, jsonMedia) && !strings.Contains(strings.ToLower(header), "application/json") {
			t.Errorf("%q with application/json;q=0 is admitted", header)
		}
	})
}
