package main

import (
	"math"
	"math/big"
	"sort"
)

// kinetics is the content of kinetic.json.
type kinetics struct {
	About string         `json:"about"`
	Rates []rateVector   `json:"rates"`
	Means []meanVector   `json:"means"`
	Bad   []noMeanVector `json:"bad"`
}

// rateVector is one entry of the table: 2^102 exp(-10000 K / T), to the nearest integer.
type rateVector struct {
	CentiCelsius int64  `json:"centi_celsius"`
	Rate         string `json:"rate"`
}

// meanVector is a course of temperatures, its sum, and its mean.
type meanVector struct {
	Name         string       `json:"name"`
	About        string       `json:"about"`
	Steps        []courseStep `json:"steps"`
	Sum          string       `json:"sum"` // of milliseconds times rates
	Milliseconds int64        `json:"milliseconds"`
	CentiCelsius int64        `json:"centi_celsius"` // the mean, to the nearest
	Within       int64        `json:"within"`        // the lowest limit that the mean is within
}

// noMeanVector has a sum that has no mean over a time, and so is within no limit but, over no
// time, any.
type noMeanVector struct {
	Name         string `json:"name"`
	Sum          string `json:"sum"`
	Milliseconds int64  `json:"milliseconds"`
}

// courseStep is a temperature that is held for a time.
type courseStep struct {
	CentiCelsius int64 `json:"centi_celsius"`
	Milliseconds int64 `json:"milliseconds"`
}

// Bounds of the table, in centi-degrees Celsius.
const (
	coldest = -10000
	hottest = 10000
)

// floatBits is the precision of the exact formula.
const floatBits = 320

// exactRate returns 2^102 exp(-10000/T) for T of so many half centi-kelvins.
func exactRate(halfSteps int64) *big.Float {
	const halvings = 64
	x := new(big.Float).SetPrec(floatBits).SetInt64(-10000 * 200)
	x.Quo(x, new(big.Float).SetInt64(halfSteps))
	x.SetMantExp(x, -halvings)
	sum, term := new(big.Float).SetPrec(floatBits).SetInt64(1), new(big.Float).SetPrec(floatBits).SetInt64(1)
	for k := int64(1); k < 8; k++ { // x is below 2^-57
		term.Mul(term, x).Quo(term, new(big.Float).SetInt64(k))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum.SetMantExp(sum, 102)
}

func halfSteps(centiCelsius int64) int64 { return 2 * (27315 + centiCelsius) }

func rate(centiCelsius int64) *big.Int {
	n, _ := new(big.Float).Add(exactRate(halfSteps(centiCelsius)), big.NewFloat(0.5)).Int(nil)
	return n
}

func kineticFile() *kinetics {
	file := &kinetics{About: "Mean kinetic temperatures by integers; README.md says how to read this file."}
	for c := int64(coldest); c <= hottest; c += 250 {
		file.Rates = append(file.Rates, rateVector{c, rate(c).String()})
	}
	for _, c := range courses() {
		file.Means = append(file.Means, mean(c))
	}
	largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))
	hour, coldHour := big.NewInt(3_600_000), new(big.Int).Mul(rate(coldest), big.NewInt(3_600_000))
	hotHour := new(big.Int).Mul(rate(hottest), hour)
	file.Bad = []noMeanVector{
		{"no time", "0", 0},
		{"saturated: it was hotter than the table, or went past 128 bits", largest.String(), math.MaxInt64},
		{"more than an hour has at the hottest", hotHour.Add(hotHour, big.NewInt(1)).String(), 3_600_000},
		{"less than an hour has at the coldest", coldHour.Sub(coldHour, big.NewInt(1)).String(), 3_600_000},
	}
	return file
}

// mean works out a vector from its steps: the mean by the exact formula, the sum and the limit
// by the integers.
func mean(v meanVector) meanVector {
	sum, exact := new(big.Int), new(big.Float).SetPrec(floatBits)
	for _, s := range v.Steps {
		c := max(s.CentiCelsius, coldest)
		sum.Add(sum, new(big.Int).Mul(big.NewInt(s.Milliseconds), rate(c)))
		exact.Add(exact, new(big.Float).Mul(new(big.Float).SetInt64(s.Milliseconds), exactRate(halfSteps(c))))
		v.Milliseconds += s.Milliseconds
	}
	time := new(big.Float).SetInt64(v.Milliseconds)
	v.Sum = sum.String()
	v.CentiCelsius = coldest + int64(sort.Search(hottest-coldest, func(i int) bool {
		return new(big.Float).Mul(time, exactRate(halfSteps(coldest+int64(i))+1)).Cmp(exact) > 0
	}))
	v.Within = coldest + int64(sort.Search(hottest-coldest, func(i int) bool {
		return new(big.Int).Mul(big.NewInt(v.Milliseconds), rate(coldest+int64(i))).Cmp(sum) >= 0
	}))
	return v
}

// course lists steps of centi-degrees and hours.
func course(name, about string, steps ...[2]int64) meanVector {
	v := meanVector{Name: name, About: about}
	for _, s := range steps {
		v.Steps = append(v.Steps, courseStep{s[0], s[1] * 3_600_000})
	}
	return v
}

func courses() []meanVector {
	return []meanVector{
		course("three", "weighted by time", [2]int64{2000, 2}, [2]int64{200, 4}, [2]int64{2500, 1}),
		course("series", "a reading an hour", [2]int64{1980, 1}, [2]int64{2020, 1}, [2]int64{2060, 1}, [2]int64{2100, 1}, [2]int64{2130, 1}, [2]int64{2150, 1}),
		course("spike", "one reading in five is warm: the mean is above the arithmetic one", [2]int64{400, 1}, [2]int64{400, 1}, [2]int64{400, 1}, [2]int64{400, 1}, [2]int64{1600, 1}),
		course("month", "30 days with one at 40 degrees", [2]int64{2200, 696}, [2]int64{4000, 24}),
		course("day", "2 to 8 degrees, warm for four hours", [2]int64{500, 20}, [2]int64{900, 2}, [2]int64{1200, 1}, [2]int64{1500, 1}),
		course("constant", "the mean is the temperature, and within itself", [2]int64{2500, 24}),
		course("just above", "a second at a hundredth of a degree more is not within the limit", [2]int64{2500, 719}, [2]int64{2501, 1}),
		course("around zero", "below zero", [2]int64{-5, 3}, [2]int64{5, 3}),
		course("frozen", "", [2]int64{-2500, 12}, [2]int64{-1000, 1}),
		course("ultra-cold", "", [2]int64{-9000, 10}, [2]int64{-6000, 1}),
		course("coldest", "the cold end of the table", [2]int64{coldest, 1}),
		course("colder", "counts as the cold end", [2]int64{-19600, 1}, [2]int64{coldest, 1}),
		course("hottest", "the hot end of the table", [2]int64{hottest, 1}),
		course("both ends", "", [2]int64{coldest, 1000}, [2]int64{hottest, 1}),
		{Name: "a millisecond", About: "", Steps: []courseStep{{2000, 1}}},
		{Name: "longest", About: "the longest time fits", Steps: []courseStep{{hottest, math.MaxInt64 - 1}, {coldest, 1}}},
	}
}
