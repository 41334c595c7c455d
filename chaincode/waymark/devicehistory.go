package waymark

// MaxDeviceVersions bounds the versions that a DeviceHistory holds.
const MaxDeviceVersions = 100

// DeviceHistory is what a device's record has been, oldest first.
type DeviceHistory struct {
	Device   string          `json:"device" form:"id"`
	More     bool            `json:"more"` // there are older ones, past MaxDeviceVersions
	Versions []DeviceVersion `json:"versions" form:"device_versions"`
}

// DeviceVersion is a device's record as one transaction left it.
type DeviceVersion struct {
	By     Stamp  `json:"by"`
	Reason string `json:"reason" form:"note"`
	Record Device `json:"record"` // the device as it was then
}
