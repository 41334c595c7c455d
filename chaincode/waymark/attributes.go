package waymark

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Bounds of a device's attributes.
const (
	MaxMeasuredClasses   = 16
	MaxClassMeasurements = 16
)

// Visibility is who can see the readings of a class of measurements.
type Visibility string

// The visibilities.
const (
	VisibilityOpen Visibility = "open" // in the block, for every member
	// VisibilityPrivate is for the owner and the custodian; a salted hash is in the block.
	// The device seals such readings (package senml), and one that is not sealed is refused.
	VisibilityPrivate Visibility = "private"
	// VisibilityAnchored is for what there is much of: the ledger has least, greatest, sum and a root,
	// the readings are in the owner's store. It keeps nothing secret: whatever must come in full, for a
	// condition that judges it or for want of a store, is in the block.
	VisibilityAnchored Visibility = "anchored"
)

// Visibilities returns every visibility.
func Visibilities() []Visibility {
	return []Visibility{VisibilityOpen, VisibilityPrivate, VisibilityAnchored}
}

// DeviceAttributes are what an owner says of its device, for policies to decide by.
// The model is no part of them: the device itself signs it.
type DeviceAttributes struct {
	FirmwareSHA256 string          `json:"firmware_sha256,omitempty" metadata:",optional" form:"sha256"` // lower-case hex
	Calibration    *Calibration    `json:"calibration,omitempty" metadata:",optional"`
	Measures       []MeasuredClass `json:"measures,omitempty" metadata:",optional" form:"measures"` // at most MaxMeasuredClasses
	LocationClass  string          `json:"location_class,omitempty" metadata:",optional" form:"id"` // as in warehouse, vehicle, container
	// Presence is recorded if what the device says of its presence is to go to the ledger; else absent.
	Presence PresenceMode `json:"presence,omitempty" metadata:",optional"`
}

// Calibration names the certificate of a device's last calibration.
type Calibration struct {
	CertificateSHA256 string    `json:"certificate_sha256" form:"sha256"` // of the document, lower-case hex
	ExpiresAt         time.Time `json:"expires_at"`
}

// Calibrated is the calibration that the attributes tell of, nil for none.
func (a *DeviceAttributes) Calibrated() *Calibration {
	if a == nil {
		return nil
	}
	return a.Calibration
}

// Inherited are the attributes of a device that comes to another owner, nil for none: what is said of the thing itself, and what keeps its
// readings sealed until the new owner says otherwise. Where the old owner had it, that it let its presence be seen, and that it had readings
// in a store of its own, ends: a class that was anchored is open.
func (a *DeviceAttributes) Inherited() *DeviceAttributes {
	if a == nil || a.FirmwareSHA256 == "" && a.Calibration == nil && len(a.Measures) == 0 {
		return nil
	}
	measures := slices.Clone(a.Measures)
	for i := range measures {
		if measures[i].Visibility == VisibilityAnchored {
			measures[i].Visibility = VisibilityOpen
		}
	}
	return &DeviceAttributes{FirmwareSHA256: a.FirmwareSHA256, Calibration: a.Calibration, Measures: measures}
}

// MeasuredClass is a class of measurements of one device, as its owner calls it, with who
// can see their readings.
type MeasuredClass struct {
	Class        DataClass  `json:"class" form:"id"`
	Measurements []string   `json:"measurements" form:"measurements"` // SenML names, 1 to MaxClassMeasurements
	Visibility   Visibility `json:"visibility"`
}

// validate checks what attributes that have their form mean: a class comes once, and a measurement
// belongs to one class at most.
func (a DeviceAttributes) validate() error {
	if c := a.Calibration; c != nil {
		if err := validateTime("/attributes/calibration/expires_at", c.ExpiresAt); err != nil {
			return err
		}
	}
	if a.Presence != "" && a.Presence != PresenceRecorded {
		return InvalidField("/attributes/presence", "must be %s, or left out", PresenceRecorded)
	}
	return validateMeasures(a.Measures)
}

func validateMeasures(classes []MeasuredClass) error {
	class, measured := map[DataClass]bool{}, map[string]bool{}
	for i, c := range classes {
		at := "/attributes/measures/" + strconv.Itoa(i)
		if err := c.validate(at, measured); err != nil {
			return err
		}
		if class[c.Class] {
			return InvalidField(at+"/class", "is a class that came before")
		}
		class[c.Class] = true
	}
	return nil
}

// validate checks one class. taken are the measurements of the classes before it.
func (c MeasuredClass) validate(at string, taken map[string]bool) error {
	if slices.Contains(DataClasses(), c.Class) {
		return InvalidField(at+"/class", "is the class of measurements that are in no class of their owner")
	}
	switch c.Visibility {
	case VisibilityOpen, VisibilityPrivate, VisibilityAnchored:
	default:
		return InvalidField(at+"/visibility", "must be one of %v", Visibilities())
	}
	for i, name := range c.Measurements {
		if taken[name] {
			return InvalidField(at+"/measurements/"+strconv.Itoa(i), "belongs to a class already")
		}
		taken[name] = true
	}
	return nil
}

var sha256Pattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

func validateSHA256(pointer, text string) error {
	if sha256Pattern.MatchString(text) {
		return nil
	}
	return InvalidField(pointer, "must be a SHA-256 hash as 64 lower-case hexadecimal digits")
}

// SetAttributesRequest replaces all attributes of a device.
type SetAttributesRequest struct {
	Device     string           `json:"device" form:"id"`
	Attributes DeviceAttributes `json:"attributes"`
	Reason     string           `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r SetAttributesRequest) Validate() error { return first(CheckForms(r), r.Attributes.validate()) }
