package waymark

import "slices"

// DataClass is a kind of reading that a policy can tell from another: one that the owner
// of a device named in its attributes, or one of those below. It is an id.
type DataClass string

// The classes of measurements that the owner put in no class of its own. Every
// measurement is of exactly one class.
const (
	ClassLocation  DataClass = "location"  // where the device is: SenML units lat and lon
	ClassCondition DataClass = "condition" // everything else that a device measures
)

// DataClasses returns the classes that need no owner to name them.
func DataClasses() []DataClass { return []DataClass{ClassCondition, ClassLocation} }

// ClassOf returns the class of a measurement by its SenML unit (RFC 8428, clause 12.1).
func ClassOf(unit string) DataClass {
	switch unit {
	case "lat", "lon":
		return ClassLocation
	}
	return ClassCondition
}

// ValidateDataClass checks the form of a class; empty stands for all.
func ValidateDataClass(pointer string, class DataClass) error {
	return optionalID(pointer, string(class))
}

// class returns the owner's class of a measurement, nil if it is in none.
func (a *DeviceAttributes) class(name string) *MeasuredClass {
	if a == nil {
		return nil
	}
	for i, c := range a.Measures {
		if slices.Contains(c.Measurements, name) {
			return &a.Measures[i]
		}
	}
	return nil
}

// ClassOf returns the class of a measurement by the name that its owner put in a class,
// otherwise by its unit. It may be called on nil.
func (a *DeviceAttributes) ClassOf(name, unit string) DataClass {
	if c := a.class(name); c != nil {
		return c.Class
	}
	return ClassOf(unit)
}

// Private reports whether the readings of a measurement must be sealed. It may be called
// on nil.
func (a *DeviceAttributes) Private(name string) bool {
	c := a.class(name)
	return c != nil && c.Visibility == VisibilityPrivate
}

// Anchored reports whether the readings of a measurement may be anchored. It may be called on nil.
func (a *DeviceAttributes) Anchored(name string) bool {
	c := a.class(name)
	return c != nil && c.Visibility == VisibilityAnchored
}

// AnyPrivate reports whether the readings of any measurement must be sealed. It may be
// called on nil.
func (a *DeviceAttributes) AnyPrivate() bool { return len(a.PrivateClasses()) > 0 }

// PrivateClasses returns the owner's classes that are private, sorted. It may be called on
// nil.
func (a *DeviceAttributes) PrivateClasses() []DataClass {
	private := []DataClass{}
	if a == nil {
		return private
	}
	for _, c := range a.Measures {
		if c.Visibility == VisibilityPrivate {
			private = append(private, c.Class)
		}
	}
	slices.Sort(private)
	return private
}

// Classes returns the classes that a device's readings can be of: the owner's and those
// that need no owner, sorted, each once. It may be called on nil.
func (a *DeviceAttributes) Classes() []DataClass {
	classes := DataClasses()
	if a != nil {
		for _, c := range a.Measures {
			classes = append(classes, c.Class)
		}
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// Classes returns the classes of the window's series, sorted, each once.
func (w Window) Classes() []DataClass {
	var classes []DataClass
	for _, s := range w.Series {
		classes = append(classes, s.Class)
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// Without returns the window without the series of some classes, which it names
// as withheld, and without what commits to them. The receiver is not changed.
func (w Window) Without(classes []DataClass) Window {
	if len(classes) == 0 {
		return w
	}
	w.Withheld = slices.Clone(classes)
	w.Series = slices.DeleteFunc(slices.Clone(w.Series), func(s Series) bool {
		return slices.Contains(classes, s.Class)
	})
	return w.uncommitted()
}
