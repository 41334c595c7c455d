package waymark

// MaxRegistrations bounds the devices that one transaction registers.
const MaxRegistrations = 500

// RegisterManyRequest registers devices all or none: each registration is as in
// RegisterDeviceRequest.
type RegisterManyRequest struct {
	Registrations []string `json:"registrations" form:"registrations"`
	Activate      bool     `json:"activate,omitempty" metadata:",optional"`
	// Attributes are what the owner says of each of them, as SetAttributesRequest has it. Those that were registered
	// before keep theirs.
	Attributes *DeviceAttributes `json:"attributes,omitempty" metadata:",optional"`
}

// Validate checks the form and the bounds of the request, not what is in the
// registrations: each of those that is faulty has its own row in the error.
func (r RegisterManyRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	if r.Attributes != nil {
		if err := r.Attributes.validate(); err != nil {
			return err
		}
	}
	return validateTogether("/registrations", r.Registrations)
}

// RegisterManyResult says how each device stands, in the order of the request.
type RegisterManyResult struct {
	Devices []DeviceStanding `json:"devices" form:"standings"`
}

// DeviceStanding is a device with its state, and whether this transaction
// registered it or an earlier one had.
type DeviceStanding struct {
	ID    string      `json:"id" form:"id"`
	State DeviceState `json:"state"`
	New   bool        `json:"new"`
}

// DevicesEvent is the payload of EventDevicesRegistered.
type DevicesEvent struct {
	Owner   string      `json:"owner"`
	State   DeviceState `json:"state"`
	Devices []string    `json:"devices"` // at most MaxRegistrations
}
