package csvlog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layouts are the forms of a time that cannot be misread. A fraction of a second
// may follow the seconds in each.
func layouts() []string {
	return []string{
		time.RFC3339,
		"2006-01-02 15:04:05Z07:00",
		"2006-01-02 15:04:05 Z07:00",
		"2006-01-02 15:04:05 -0700",
		"2006-01-02T15:04:05-0700",
		"2006-01-02T15:04:05",
		"2006-01-02 15:04:05",
		"2006-01-02T15:04",
		"2006-01-02 15:04",
		"2006/01/02 15:04:05",
		"2006/01/02 15:04",
		"02.01.2006 15:04:05", // dots mean day first wherever they are used
		"02.01.2006 15:04",
		"02-Jan-2006 15:04:05",
		"02 Jan 2006 15:04:05",
	}
}

// unixDigits is how many digits a time in seconds since 1970 has, 2001 to 2286.
const unixDigits = 10

// The years in which a logger can have measured.
const (
	firstYear = 1990
	lastYear  = 2200
)

// time reads a time and rounds it to the millisecond.
func (p parser) time(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, errors.New("the time is missing")
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) == unixDigits {
		return time.Unix(seconds, 0).UTC(), nil
	}
	for _, layout := range layouts() {
		at, err := time.ParseInLocation(layout, text, p.zone)
		if err != nil {
			continue
		}
		if year := at.Year(); year < firstYear || year > lastYear {
			return time.Time{}, fmt.Errorf("%.40q is not within the years %d to %d", text, firstYear, lastYear)
		}
		return at.UTC().Round(time.Millisecond), nil
	}
	if strings.Count(text, "/") == 2 {
		return time.Time{}, fmt.Errorf("%.40q may mean day/month or month/day: write 2006-01-02 15:04:05", text)
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time: write 2006-01-02T15:04:05Z or 2006-01-02 15:04:05", text)
}
