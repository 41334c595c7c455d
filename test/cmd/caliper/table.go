package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// heard keeps what Caliper prints, and shows it.
type heard struct{ text strings.Builder }

// Write never fails but as standard output does.
func (h *heard) Write(p []byte) (int, error) {
	h.text.Write(p)
	return os.Stdout.Write(p)
}

// round is a row of Caliper's table.
type round struct {
	name              string
	succeeded, failed int
}

// roundsOf are the rows of the last table with the columns Name, Succ and Fail: that of all rounds.
func roundsOf(output string) (rounds []round, err error) {
	var place map[string]int // of the table that is read; nil in another
	for line := range strings.Lines(output) {
		cells := cellsOf(line)
		heads, isHead := columns(cells)
		switch {
		case isHead:
			place, rounds = heads, nil
		case isRule(line):
		case cells == nil:
			place = nil
		case place != nil:
			r, err := roundOf(cells, place)
			if err != nil {
				return nil, err
			}
			rounds = append(rounds, r)
		}
	}
	if len(rounds) == 0 {
		return nil, errors.New("there is no table of results: what Caliper printed says why")
	}
	return rounds, nil
}

// roundOf is a row of a table whose columns are at these places.
func roundOf(cells []string, place map[string]int) (r round, err error) {
	at := func(name string) string {
		if place[name] > len(cells) {
			return ""
		}
		return cells[place[name]-1]
	}
	r.name = at("Name")
	var notSucc, notFail error
	r.succeeded, notSucc = strconv.Atoi(at("Succ"))
	r.failed, notFail = strconv.Atoi(at("Fail"))
	if err := errors.Join(notSucc, notFail); err != nil {
		return r, fmt.Errorf("a row of Caliper's table, %q: %w", cells, err)
	}
	return r, nil
}

// isRule reports whether a line is one between the rows of a table.
func isRule(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && strings.Trim(line, "+-|") == ""
}

// cellsOf are those of a row of a table; none of any other line.
func cellsOf(line string) (cells []string) {
	line = strings.TrimSpace(line)
	if isRule(line) || len(line) < 2 || line[0] != '|' || line[len(line)-1] != '|' {
		return nil
	}
	for cell := range strings.SplitSeq(line[1:len(line)-1], "|") {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}

// columns are the places of names, from 1 on. It reports false of a row that is not the head of a table of results.
func columns(cells []string) (place map[string]int, is bool) {
	place = map[string]int{}
	for i, cell := range cells {
		place[cell] = i + 1
	}
	return place, place["Name"] > 0 && place["Succ"] > 0 && place["Fail"] > 0
}

// check fails if a round had no success, or a failure.
func check(rounds []round) error {
	var wrong []error
	for _, r := range rounds {
		if r.succeeded == 0 || r.failed > 0 {
			wrong = append(wrong, fmt.Errorf("%s: %d succeeded and %d failed: what Caliper printed says why", r.name, r.succeeded, r.failed))
		}
	}
	return errors.Join(wrong...)
}
