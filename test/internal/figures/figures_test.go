package figures

import "testing"

func TestMachine(t *testing.T) {
	if got := processor("processor\t: 0\nmodel name\t: One\n\nmodel name\t: Two\n"); got != "One" {
		t.Errorf("processor %q", got)
	}
	if got := memory("MemTotal:       24683720 kB\nMemFree: 1 kB\n"); got != 24105 {
		t.Errorf("memory %d", got)
	}
	if got := load("0.50 0.46 1.19 1/2 3\n"); got != 0.5 {
		t.Errorf("load %v", got)
	}
	if processor("") != "" || memory("") != 0 || load("") != 0 {
		t.Error("what is not known is not empty")
	}
}
