package waymark

import "slices"

// DataClass is a kind of reading that a policy can tell from another.
type DataClass string

// The classes. Every measurement is of exactly one.
const (
	ClassLocation  DataClass = "location"  // where the device is: SenML units lat and lon
	ClassCondition DataClass = "condition" // everything else that a device measures
)

// DataClasses returns every class.
func DataClasses() []DataClass { return []DataClass{ClassCondition, ClassLocation} }

// ClassOf returns the class of a measurement by its SenML unit (RFC 8428, clause 12.1).
func ClassOf(unit string) DataClass {
	switch unit {
	case "lat", "lon":
		return ClassLocation
	}
	return ClassCondition
}

// ValidateDataClass checks that a class is one of the known; empty stands for all.
func ValidateDataClass(pointer string, class DataClass) error {
	if class == "" || slices.Contains(DataClasses(), class) {
		return nil
	}
	return InvalidField(pointer, "must be one of %v, or left out for all", DataClasses())
}

// Classes returns the classes of the window's series, sorted, each once.
func (w Window) Classes() []DataClass {
	var classes []DataClass
	for _, s := range w.Series {
		classes = append(classes, ClassOf(s.Unit))
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// Without returns the window without the series of some classes, which it names
// as withheld. The receiver is not changed.
func (w Window) Without(classes []DataClass) Window {
	if len(classes) == 0 {
		return w
	}
	w.Withheld = slices.Clone(classes)
	w.Series = slices.DeleteFunc(slices.Clone(w.Series), func(s Series) bool {
		return slices.Contains(classes, ClassOf(s.Unit))
	})
	return w
}
