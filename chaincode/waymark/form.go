package waymark

import (
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Form bounds what a member can be. A field names its own in a tag, as in `form:"id"`: Validate
// holds requests to it, and the API's document tells it, so that there is no second list.
type Form struct {
	// Least and Most, both included, are of a number its value, of a text how many bytes it has,
	// of a list or map how many entries.
	Least, Most int64
	// Pattern is what a text looks like; empty for what is no text. Not all that looks so is sound: a
	// check digit, say, is in no pattern.
	Pattern string
	// Entry names the form of the entries of a list or map, Key that of a map's keys; empty where
	// entries have members of their own.
	Entry, Key string

	check func(pointer, text string) error // of a text: that it is sound, and so looks like Pattern
}

// FormNamed returns the form of a name. It panics if there is none: names are those of tags.
func FormNamed(name string) Form {
	form, known := forms[name]
	if !known {
		panic("waymark: there is no form " + name)
	}
	return form
}

// FormOf returns the form of a field, or false if it has none: a closed set, a flag, a time, or
// something that has members itself. Every Decimal has one.
func FormOf(field reflect.StructField) (Form, bool) {
	name := field.Tag.Get("form")
	if name == "" && field.Type == reflect.TypeFor[Decimal]() {
		name = "decimal"
	}
	if name == "" {
		return Form{}, false
	}
	return FormNamed(name), true
}

// Optional reports whether a member may be left out. Its zero value is as good as none, and has no form.
func Optional(field reflect.StructField) bool {
	_, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	return strings.Contains(options, "omit") || strings.Contains(field.Tag.Get("metadata"), "optional")
}

// printablePattern is what ValidateText takes, but for Unicode's noncharacters.
const printablePattern = `^[^\x00-\x1f\x7f-\x9f]*$`

// searchedPattern is printablePattern with the FNC1 of scanners.
const searchedPattern = `^[^\x00-\x1c\x1e\x1f\x7f-\x9f]*$`

// forms are all forms by name.
var forms = map[string]Form{
	// Names of things.
	"id":                 {Least: 1, Most: MaxIDLength, Pattern: idPattern.String(), check: ValidateID},
	"gln":                {Least: 13, Most: 13, Pattern: `^[0-9]{13}$`, check: ValidateGLN},
	"gtin":               {Least: 14, Most: 14, Pattern: `^[0-9]{14}$`, check: ValidateGTIN},
	"goods":              {Least: 1, Most: MaxGoodsText, Pattern: printablePattern, check: checkGoods},
	"place":              {Least: 1, Most: maxPlace, Pattern: sourcePattern, check: checkSource},
	"measurement":        {Least: 1, Most: 64, Pattern: namePattern.String(), check: ValidateMeasurement},
	"unit":               {Least: 1, Most: 16, Pattern: unitPattern.String(), check: ValidateUnit},
	"trade_unit":         {Least: 2, Most: 3, Pattern: tradeUnitPattern.String(), check: validateTradeUnit},
	"currency":           {Least: 3, Most: 12, Pattern: currencyPattern.String(), check: validateCurrency},
	"sha256":             {Least: 64, Most: 64, Pattern: sha256Pattern.String(), check: validateSHA256},
	"transaction":        {Least: 64, Most: 64, Pattern: txIDPattern.String(), check: validateTxID},
	"certificate_serial": {Least: 1, Most: 40, Pattern: serialPattern.String(), check: validateCertificateSerial},
	"cursor":             text(0, maxCursor),
	"searched":           {Least: 1, Most: MaxGoodsText, Pattern: searchedPattern, check: checkSearched},
	"event_kind":         {Least: 1, Most: 63, Pattern: eventKindPattern.String(), check: checkEventKind},
	"event_id":           {Least: 5, Most: 30, Pattern: eventIDPattern.String(), check: checkEventID},
	"url":                {Least: 1, Most: 300, Pattern: printablePattern, check: validateHTTPS},
	"target":             {Least: 1, Most: 1000, Pattern: printablePattern, check: validateTarget},

	// Readings.
	"reading_id": {Least: 5, Most: MaxIDLength + 21, Pattern: readingIDPattern.String(), check: checkReadingID},
	"bucket":     {Least: MinBucketSeconds, Most: MaxBucketSeconds},

	// The same, or nothing.
	"maybe_id":          {Least: 0, Most: MaxIDLength, Pattern: maybe(idPattern), check: optionalID},
	"maybe_transaction": {Least: 0, Most: 64, Pattern: maybe(txIDPattern), check: optionalTxID},

	// What people write.
	"name":        text(1, 200),
	"model":       text(1, 100),
	"reason":      text(1, 200),
	"note":        text(0, 200),
	"why":         text(1, 500), // there is a dispute, or no more
	"reservation": text(0, 500),
	"words":       text(1, 1000),
	"said":        text(0, 1000),
	"disposition": text(1, MaxDispositionBytes),
	"parameter":   text(1, 100), // of a template

	// What is read by machines.
	"message":          text(1, MaxMessageBytes),
	"attestation":      text(1, MaxAttestationBytes),
	"certificate":      {Least: 1, Most: MaxCertificateText, Pattern: certificatePattern.String(), check: validateCertificate},
	"chained":          text(1, MaxCertificateText),
	"arguments":        {Least: 2, Most: MaxCommandArguments, Pattern: `^\{`, check: checkArguments},
	"policy":           {Least: 1, Most: MaxPolicyBytes, Pattern: policyPattern, check: validatePolicyText},
	"delegated_policy": {Least: 1, Most: MaxDelegatedBytes, Pattern: policyPattern, check: validatePolicyText},
	"decimal":          {Least: 1, Most: maxDecimal, Pattern: decimalPattern.String(), check: checkDecimal},

	// Numbers.
	"sequence":     {Least: 1, Most: MaxSequence},
	"amount":       {Least: 1, Most: MaxAmount},
	"share":        {Least: 0, Most: MaxAmount},
	"digits":       {Least: 0, Most: MaxDigits},
	"units":        {Least: 1, Most: MaxUnits},
	"page":         {Least: 1, Most: MaxPage},
	"block":        {Least: 1, Most: MaxSequence},
	"overlap":      {Least: 0, Most: int64(MaxOverlap / time.Second)},
	"claim_window": {Least: int64(MinClaimWindow / time.Second), Most: int64(MaxClaimWindow / time.Second)},
	"interval":     {Least: 1, Most: int64(MaxInterval / time.Second)},
	"budget":       {Least: 1, Most: int64(MaxBudget / time.Second)},
	"mkt_window":   {Least: int64(MinMKTWindow / time.Second), Most: int64(MaxMKTWindow / time.Second)},
	"radius":       {Least: 1, Most: MaxRadiusMeters},
	"excepted":     {Least: 0, Most: MaxExceptions},
	"depth":        {Least: 0, Most: MaxTraceDepth},
	"row":          {Least: 0, Most: MaxRegistrations - 1},
	"lease":        {Least: MinLeaseSeconds, Most: MaxLeaseSeconds},

	// Lists and maps.
	"messages":         {Least: 1, Most: MaxBatchMessages, Entry: "message"},
	"message_refs":     {Least: 1, Most: MaxBatchMessages},
	"registrations":    {Least: 1, Most: MaxRegistrations, Entry: "message"},
	"chain":            {Least: 1, Most: MaxChain, Entry: "chained"},
	"attestations":     {Least: 0, Most: MaxAttestations, Entry: "attestation"},
	"exceptions":       {Least: 0, Most: MaxExceptions},
	"notes":            {Least: 1, Most: MaxNotes, Entry: "id"},
	"regulators":       {Least: 0, Most: MaxRegulators, Entry: "id"},
	"seals":            {Least: 0, Most: MaxSeals, Entry: "id"},
	"resources":        {Least: 0, Most: MaxDryRunResources, Entry: "id"},
	"lines":            {Least: 1, Most: MaxLines},
	"things":           {Least: 0, Most: MaxLines, Entry: "goods"},
	"losses":           {Least: 0, Most: maxUnits},
	"conditions":       {Least: 0, Most: MaxConditions},
	"corners":          {Least: MinCorners, Most: MaxCorners},
	"measures":         {Least: 0, Most: MaxMeasuredClasses},
	"measurements":     {Least: 1, Most: MaxClassMeasurements, Entry: "measurement"},
	"penalties":        {Least: 0, Most: MaxTermsConditions},
	"reason_penalties": {Least: 0, Most: maxReasonPenalties},
	"witnesses":        {Least: 0, Most: MaxWitnesses},
	"statements":       {Least: 0, Most: MaxAttestations},
	"pair":             {Least: 2, Most: 2, Entry: "id"},
	"rows":             {Least: 0, Most: MaxErrorRows},
	"commands":         {Least: 0, Most: MaxOpenCommands},
	"gaps":             {Least: 0, Most: MaxGaps},
	"clashes":          {Least: 0, Most: MaxClashes},
	"measured":         {Least: 0, Most: MaxMeasured},
	"unchecked":        {Least: 0, Most: MaxUnchecked},
	"forfeits":         {Least: 0, Most: MaxForfeits},
	"checked":          {Least: 1, Most: MaxUnchecked},
	"shown":            {Least: 0, Most: MaxWindowMessages},
	"path":             {Least: 0, Most: maxPathSteps, Entry: "sha256"},
	"device_versions":  {Least: 0, Most: MaxDeviceVersions},
	"policy_versions":  {Least: 0, Most: MaxPolicyVersions},
	"thing_versions":   {Least: 0, Most: MaxThingVersions},
	"entries":          {Least: 0, Most: MaxPage},
	"found":            {Least: 0, Most: MaxFound},
	"steps":            {Least: 0, Most: MaxSteps},
	"lots":             {Least: 0, Most: MaxLots, Entry: "goods"},
	"disputes":         {Least: 0, Most: MaxDisputes},
	"evidence":         {Least: 0, Most: MaxEvidence},
	"changes":          {Least: 0, Most: MaxDryRunChanges},
	"results":          {Least: 1, Most: MaxBatchMessages},
	"standings":        {Least: 1, Most: MaxRegistrations},
	"spent":            {Least: 0, Most: MaxNotes, Entry: "id"},
	"parameters":       {Least: 0, Most: MaxTemplateParameters, Key: "id", Entry: "parameter"},
}

// text is the form of a text in words.
func text(least, most int64) Form {
	return Form{Least: least, Most: most, Pattern: printablePattern, check: checkPrintable}
}

// maybe is a pattern, or nothing.
func maybe(pattern *regexp.Regexp) string {
	return `^(` + strings.TrimSuffix(strings.TrimPrefix(pattern.String(), "^"), "$") + `)?$`
}

func optionalTxID(pointer, text string) error {
	return optional(text, func() error { return validateTxID(pointer, text) })
}

func checkPrintable(pointer, text string) error {
	if printable(text) {
		return nil
	}
	return InvalidField(pointer, "must be printable UTF-8 text without control characters")
}

func checkSearched(pointer, text string) error {
	return checkPrintable(pointer, strings.ReplaceAll(text, fnc1, ""))
}

// checkGoods refuses what is not printable too: a link may have it where it says nothing of the thing.
func checkGoods(pointer, text string) error {
	return first(ValidateGoods(pointer, text), checkPrintable(pointer, text))
}

func checkSource(pointer, text string) error { return Place(text).validateSource(pointer) }

func checkArguments(pointer, text string) error {
	return validateObject(pointer, text, MaxCommandArguments)
}

func checkDecimal(pointer, text string) error {
	if _, err := Decimal(text).Rat(); err != nil {
		return InvalidField(pointer, "%s", AsError(err).Message)
	}
	return nil
}
