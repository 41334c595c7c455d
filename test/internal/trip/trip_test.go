package trip_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/trip"
)

func generate(t *testing.T, kind trip.Kind, n int, seed uint64) []trip.Sample {
	t.Helper()
	samples, err := trip.Generate(trip.Options{Kind: kind, Samples: n, Interval: time.Minute, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

func TestSameSeedSameTrip(t *testing.T) {
	a, b := generate(t, trip.Excursion, 200, 7), generate(t, trip.Excursion, 200, 7)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed made two trips")
	}
	if reflect.DeepEqual(a, generate(t, trip.Excursion, 200, 8)) {
		t.Error("two seeds made one trip")
	}
}

func TestTemperatures(t *testing.T) {
	for _, n := range []int{1, 2, 10, 200, 1000} {
		for seed := range uint64(20) {
			if warm := outside(generate(t, trip.ColdChain, n, seed)); warm != 0 {
				t.Errorf("cold chain of %d, seed %d: %d readings out of 2..8 degrees", n, seed, warm)
			}
			warm := outside(generate(t, trip.Excursion, n, seed))
			if n >= 10 && warm == 0 || warm > n/2 {
				t.Errorf("excursion of %d, seed %d: %d readings out of 2..8 degrees", n, seed, warm)
			}
		}
	}
}

func outside(samples []trip.Sample) (n int) {
	for _, s := range samples {
		if v := s.Readings[0].Value; v < 200 || v > 800 {
			n++
		}
	}
	return n
}

func TestSamplesAreAsAsked(t *testing.T) {
	samples := generate(t, trip.ColdChain, 3, 1)
	if samples[0].After != 0 || samples[2].After != 2*time.Minute || len(samples) != 3 {
		t.Errorf("samples %v", samples)
	}
	for i, want := range []string{"Cel", "%RH", "lat", "lon"} {
		if got := samples[0].Readings[i].Unit; got != want {
			t.Errorf("reading %d has unit %s, want %s", i, got, want)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, o := range []trip.Options{
		{Kind: "tropical", Samples: 1, Interval: time.Second},
		{Kind: trip.ColdChain, Samples: 0, Interval: time.Second},
		{Kind: trip.ColdChain, Samples: 1, Interval: time.Microsecond},
	} {
		if _, err := trip.Generate(o); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%+v: got %v, want invalid", o, err)
		}
	}
}
