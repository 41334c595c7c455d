package main

import "testing"

func TestTail(t *testing.T) {
	tests := []struct {
		name, data string
		lines      int
		want       string
	}{
		{"fewer lines than asked for", "a\nb\n", 5, "a\nb\n"},
		{"as many", "a\nb\n", 2, "a\nb\n"},
		{"more", "a\nb\nc\n", 2, "b\nc\n"},
		{"last line unfinished", "a\nb\nc", 1, "c"},
		{"nothing asked for", "a\n", 0, ""},
		{"empty", "", 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tail([]byte(tt.data), tt.lines)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
