package csvlog

import (
	"fmt"
	"strings"
)

// quantity is what a column holds, with the bounds that make sense for it.
type quantity struct {
	name, unit string // SenML
	low, high  string // decimal, in the unit, both included
}

// column is a column that is read.
type column struct {
	index    int
	title    string // as the header has it
	quantity *quantity
}

// columns are those of one file: the time and at least one quantity.
type columns struct {
	time   column
	values []column
}

// quantities by the names that loggers give them, in lower case.
func quantities() map[string]*quantity {
	temperature := &quantity{"temperature", "Cel", "-273.15", "2000"}
	humidity := &quantity{"humidity", "%RH", "0", "100"}
	latitude := &quantity{"latitude", "lat", "-90", "90"}
	longitude := &quantity{"longitude", "lon", "-180", "180"}
	return map[string]*quantity{
		"temperature": temperature, "temp": temperature,
		"humidity": humidity, "relative humidity": humidity, "rh": humidity,
		"latitude": latitude, "lat": latitude,
		"longitude": longitude, "lon": longitude, "lng": longitude,
	}
}

const timeNames = "|time|timestamp|datetime|date time|date/time|"

// parseHeader finds the columns. Others are passed over. A unit may follow a name
// in brackets, as in "Temperature (°C)".
func parseHeader(header []string) (columns, error) {
	known, seen := quantities(), map[string]string{}
	var c columns
	for i, title := range header {
		title = strings.TrimSpace(title)
		name, unit := splitTitle(title)
		what := known[name]
		isTime := strings.Contains(timeNames, "|"+name+"|")
		if what == nil && !isTime {
			continue
		}
		key := "time"
		if what != nil {
			key = what.name
		}
		if first, twice := seen[key]; twice {
			return c, &Error{Line: 1, Column: title, Why: fmt.Sprintf("column %q has the %s already", first, key)}
		}
		seen[key] = title
		if isTime {
			c.time = column{i, title, nil}
			continue
		}
		if err := checkUnit(title, what, unit); err != nil {
			return c, err
		}
		c.values = append(c.values, column{i, title, what})
	}
	return c, c.complete(seen)
}

func (c columns) complete(seen map[string]string) error {
	if _, ok := seen["time"]; !ok {
		return &Error{Line: 1, Why: `no column is named "time": the first line must name the columns`}
	}
	if len(c.values) == 0 {
		return &Error{Line: 1, Why: "no column is named temperature, humidity, latitude or longitude"}
	}
	return nil
}

// splitTitle splits "Temperature (°C)" into "temperature" and "°c".
func splitTitle(title string) (name, unit string) {
	lower := strings.ToLower(title)
	at := strings.IndexAny(lower, "([")
	if at < 0 {
		return lower, ""
	}
	return strings.TrimSpace(lower[:at]), strings.Trim(lower[at:], "()[] ")
}

// checkUnit refuses a unit that would change the meaning of the numbers.
func checkUnit(title string, q *quantity, unit string) error {
	accepted := map[string]string{
		"Cel": "||c|°c|cel|celsius|deg c|degc|ºc|℃|", "%RH": "||%|%rh|rh|% rh|",
		"lat": "||deg|°|degrees|", "lon": "||deg|°|degrees|",
	}[q.unit]
	if strings.Contains(accepted, "|"+unit+"|") {
		return nil
	}
	return &Error{Line: 1, Column: title, Why: fmt.Sprintf("the unit must be %s: convert the column", q.unit)}
}
