package rules

import (
	"crypto/rand"
	"maps"
	legacy "math/rand"
	"os"
	"slices"
	"time"
)

type Contract struct{}

type base struct{ Contract }

type Devices struct {
	base
	count int
	seen  map[string]bool
}

type session struct{ count int }

var total int

var table = map[string]int{"a": 1}

func order(m map[string]int, list []int) []string {
	for range m { // want `order of a map`
	}
	for range list {
	}
	//determinism: each entry sets its own field
	for range m {
	}
	for range m { //determinism: counts only
	}
	//determinism:
	for range m { // want `order of a map`
	}
	_ = slices.Collect(maps.Keys(m)) // want `maps.Keys gives a map's order`
	_ = slices.Sorted(maps.Values(m))
	return slices.Sorted(maps.Keys(m))
}

func elsewhere(a, b chan int, t time.Time) {
	go order(nil, nil) // want `goroutine`
	select {           // want `chooses at random`
	case <-a:
	case <-b:
	}
	select {
	case <-a:
	}
	_ = time.Now()    // want `time.Now differs`
	_ = time.Since(t) // want `time.Since differs`
	_ = t.After(t)    // a method, and no clock
	_ = legacy.Int()  // want `math/rand.Int differs`
	_ = rand.Reader   // want `crypto/rand.Reader differs`
	f := time.Now     // want `time.Now differs`
	_ = f
	_ = os.Getenv("X") // want `os.Getenv differs`
	_ = time.Unix(1, 0)
}

func floats(a, b float64, n int) float64 {
	const half = 1.0 / 2
	_ = n / 2
	return a*b + half // want `floating point` `floating point`
}

func (d *Devices) Register(id string) {
	d.count++         // want `field of a contract`
	d.seen[id] = true // want `field of a contract`
	total = 1         // want `package variable`
	table["b"] = 2    // want `package variable`
	local := session{}
	local.count = 2
}

func (s *session) add() { s.count++ }
