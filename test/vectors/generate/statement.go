package main

import "strings"

// statements is the content of statements.json.
type statements struct {
	About      string            `json:"about"`
	Statements []statementVector `json:"statements"`
}

// statementVector is the payload of an inquiry, commit receipt, command or presence, and what a
// reader makes of it.
type statementVector struct {
	Name    string         `json:"name"`
	About   string         `json:"about"`
	Kind    string         `json:"kind"` // JWS cty
	Payload string         `json:"payload"`
	Says    map[string]any `json:"says,omitempty"` // of a good one
	Code    string         `json:"code,omitempty"` // of a bad one
}

const (
	inquiryKind  = "vnd.waymark.inquiry+json"
	commitKind   = "vnd.waymark.commit+json"
	commandKind  = "vnd.waymark.command+json"
	presenceKind = "vnd.waymark.presence+json"

	// statementDigest is the first half of that of jws-ed25519-1 in messages.json: what the ledger keeps of it.
	statementDigest = "390b085117faef18fd5812cc03b29f52"
	// secondDigest is that of jws-ed25519-2.
	secondDigest = "5233292a85419cff51deaa5d6f43bb6b"
	// unreadableHash is of the bytes "no message", which were published.
	unreadableHash = "20bb545a5e591308d36f41734257e8be"
	statementTx    = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// The payloads of the examples.
const (
	inquiryJSON     = `{"number":1}`
	recordedJSON    = `{"device":"logger-1","number":1,"state":"recorded","digest":"` + statementDigest + `","tx_id":"` + statementTx + `","block":7,"at":1772352040}`
	quarantinedJSON = `{"device":"logger-1","number":2,"state":"quarantined","digest":"` + secondDigest + `","code":"failed_precondition","at":1772352040}`
	hashedJSON      = `{"number":4,"hash":"` + unreadableHash + `"}`
	unreadableJSON  = `{"device":"logger-1","number":4,"state":"unreadable","digest":"` + unreadableHash + `","code":"unreadable","at":1772352040}`
	unknownJSON     = `{"device":"logger-1","number":3,"state":"unknown","at":1772352040}`
	commandJSON     = `{"device":"logger-1","id":"c-1","name":"set_point","arguments":"{\"celsius\":4}","expires_at":1772355600,"tx_id":"` + statementTx + `"}`
	onlineJSON      = `{"state":"online","at":1772352000,"session":"5f1c9a"}`
	goneJSON        = `{"state":"gone","at":1772352000,"session":"5f1c9a"}`
)

func statementFile() *statements {
	file := &statements{About: "Inquiries, commit receipts, commands and presences; README.md says how to read this file."}
	file.goodOnes()
	file.badInquiries()
	file.badCommits()
	file.badCommands()
	file.badPresences()
	return file
}

// statements adds examples of each kind as messages. A bridge signs under an id and key of its own.
func (b *bench) statements() {
	for _, v := range []struct{ name, about, kind, payload string }{
		{"inquiry", "a device asks what became of message 1", inquiryKind, inquiryJSON},
		{"presence", "a device has connected", presenceKind, onlineJSON},
		{"will", "its last will of the same session", presenceKind, goneJSON},
		{"commit", "a bridge answers that message 1 (jws-ed25519-1) is on the ledger", commitKind, recordedJSON},
		{"commit-quarantined", "a bridge answers that message 2 (jws-ed25519-2) is in quarantine", commitKind, quarantinedJSON},
		{"inquiry-hash", "a device asks what became of message 4, and says which bytes it published", inquiryKind, hashedJSON},
		{"commit-unreadable", "a bridge answers that nobody can read what was published", commitKind, unreadableJSON},
		{"commit-unknown", "a bridge answers that it does not know of message 3, nor the ledger", commitKind, unknownJSON},
		{"command", "a bridge delivers command c-1", commandKind, commandJSON},
	} {
		h, key := pack(0, v.kind), ed25519Key
		if v.kind == commitKind || v.kind == commandKind {
			h.Device, h.KeyID, key = "bridge", "b1", otherKey
		}
		b.jws(v.name+"-jws", v.about, key, h, v.payload)
		b.cose(v.name+"-cose", "the same in COSE", key, h, -8, []byte(v.payload))
	}
}

func (f *statements) good(name, about, kind, payload string, says map[string]any) {
	f.Statements = append(f.Statements, statementVector{Name: name, About: about, Kind: kind, Payload: payload, Says: says})
}

func (f *statements) goodOnes() {
	f.good("inquiry", "the payload of inquiry-jws in messages.json", inquiryKind, inquiryJSON, map[string]any{"number": 1})
	f.good("inquiry-largest", "2^53 - 1, with spaces", inquiryKind, "{ \"number\" :\n9007199254740991 }", map[string]any{"number": 1<<53 - 1})
	f.good("inquiry-hash", "it says which bytes were published", inquiryKind, hashedJSON, map[string]any{"number": 4, "hash": unreadableHash})
	recorded := map[string]any{"device": "logger-1", "number": 1, "state": "recorded", "digest": statementDigest, "tx_id": statementTx, "block": 7, "at": 1772352040}
	f.good("commit-recorded", "the payload of commit-jws in messages.json", commitKind, recordedJSON, recorded)
	f.good("commit-other-order", "members in any order", commitKind, `{"at":1772352040,"block":7,"tx_id":"`+statementTx+`","digest":"`+statementDigest+
		`","state":"recorded","number":1,"device":"logger-1"}`, recorded)
	f.good("commit-quarantined", "", commitKind, quarantinedJSON,
		map[string]any{"device": "logger-1", "number": 2, "state": "quarantined", "digest": secondDigest, "code": "failed_precondition", "at": 1772352040})
	f.good("commit-unreadable", "", commitKind, unreadableJSON,
		map[string]any{"device": "logger-1", "number": 4, "state": "unreadable", "digest": unreadableHash, "code": "unreadable", "at": 1772352040})
	f.good("commit-unknown", "", commitKind, unknownJSON, map[string]any{"device": "logger-1", "number": 3, "state": "unknown", "at": 1772352040})
	f.good("command", "the payload of command-jws in messages.json", commandKind, commandJSON, map[string]any{
		"device": "logger-1", "id": "c-1", "name": "set_point", "arguments": `{"celsius":4}`, "expires_at": 1772355600, "tx_id": statementTx})
	f.good("presence-online", "the payload of presence-jws in messages.json", presenceKind, onlineJSON, map[string]any{"state": "online", "at": 1772352000, "session": "5f1c9a"})
	f.good("presence-gone", "the last will of the same session", presenceKind, goneJSON, map[string]any{"state": "gone", "at": 1772352000, "session": "5f1c9a"})
}

// bad adds payloads that a reader must refuse: those that no object of the kind can be, and a good one
// with changes, each a text in it and what stands there instead.
func (f *statements) bad(kind, prefix, good string, changes [][3]string) {
	add := func(name, payload string) {
		f.Statements = append(f.Statements, statementVector{Name: prefix + "-" + name, Kind: kind, Payload: payload, Code: "invalid"})
	}
	add("empty", "")
	add("null", "null")
	add("not-an-object", "["+good+"]")
	add("cut", good[:len(good)-1])
	add("text-after", good+"{}")
	add("space-before", " "+good)
	add("no-members", "{}")
	add("extra-member", good[:len(good)-1]+`,"more":1}`)
	for _, c := range changes {
		if !strings.Contains(good, c[1]) { // written by this program
			panic("generate: " + prefix + "-" + c[0] + " changes nothing")
		}
		add(c[0], strings.Replace(good, c[1], c[2], 1))
	}
}

func (f *statements) badInquiries() {
	f.bad(inquiryKind, "inquiry", inquiryJSON, [][3]string{
		{"number-null", "1", "null"}, {"number-zero", "1", "0"}, {"number-negative", "1", "-1"}, {"number-fraction", "1", "1.0"},
		{"number-text", "1", `"1"`}, {"number-too-large", "1", "9007199254740992"}, {"number-twice", "1", `1,"number":1`}, {"other-case", "number", "Number"},
	})
	f.bad(inquiryKind, "inquiry-hash", hashedJSON, [][3]string{
		{"short", unreadableHash, unreadableHash[2:]}, {"whole", unreadableHash, unreadableHash + unreadableHash}, {"no-hex", unreadableHash[:2], "xy"},
		{"null", `"` + unreadableHash + `"`, "null"}, {"number", `"` + unreadableHash + `"`, "1"}, {"alone", `"number":4,`, ""},
	})
}

func (f *statements) badCommits() {
	f.bad(commitKind, "commit", recordedJSON, [][3]string{
		{"device-missing", `"device":"logger-1",`, ""}, {"device-with-slash", "logger-1", "logger/1"}, {"device-twice", `"number"`, `"device":"logger-2","number"`},
		{"number-missing", `"number":1,`, ""}, {"number-too-large", `"number":1`, `"number":9007199254740992`},
		{"state-missing", `"state":"recorded",`, ""}, {"state-other", "recorded", "committed"}, {"state-other-case", "recorded", "Recorded"},
		{"digest-missing", `"digest":"` + statementDigest + `",`, ""}, {"digest-short", statementDigest, statementDigest[2:]}, {"digest-upper-case", "390b", "390B"},
		{"transaction-missing", `"tx_id":"` + statementTx + `",`, ""}, {"transaction-short", statementTx, statementTx[1:]},
		{"block-missing", `"block":7,`, ""}, {"block-zero", `"block":7`, `"block":0`}, {"block-text", `"block":7`, `"block":"7"`},
		{"code-of-recorded", `"at"`, `"code":"invalid","at"`},
		{"time-missing", `,"at":1772352040`, ""}, {"time-zero", "1772352040", "0"}, {"time-fraction", "1772352040", "1772352040.5"}, {"time-too-late", "1772352040", "253402300800"},
	})
	f.bad(commitKind, "commit-quarantined", quarantinedJSON, [][3]string{
		{"code-missing", `"code":"failed_precondition",`, ""}, {"code-empty", "failed_precondition", ""}, {"code-with-space", "failed_precondition", "failed precondition"},
		{"digest-missing", `"digest":"` + secondDigest + `",`, ""}, {"digest-short", secondDigest, secondDigest[2:]},
		{"with-transaction", `"at"`, `"tx_id":"` + statementTx + `","at"`}, {"with-block", `"at"`, `"block":7,"at"`},
	})
	f.bad(commitKind, "commit-unreadable", unreadableJSON, [][3]string{
		{"code-missing", `"code":"unreadable",`, ""}, {"digest-missing", `"digest":"` + unreadableHash + `",`, ""}, {"with-block", `"at"`, `"block":7,"at"`},
	})
	f.bad(commitKind, "commit-unknown", unknownJSON, [][3]string{
		{"with-digest", `"at"`, `"digest":"` + statementDigest + `","at"`}, {"with-code", `"at"`, `"code":"invalid","at"`}, {"with-transaction", `"at"`, `"tx_id":"` + statementTx + `","at"`},
	})
}

func (f *statements) badCommands() {
	arguments := `"{\"celsius\":4}"`
	f.bad(commandKind, "command", commandJSON, [][3]string{
		{"device-missing", `"device":"logger-1",`, ""}, {"id-with-space", "c-1", "c 1"}, {"id-twice", `"name"`, `"id":"c-2","name"`}, {"name-empty", "set_point", ""},
		{"arguments-object", arguments, `{"celsius":4}`}, {"arguments-list", arguments, `"[4]"`}, {"arguments-empty", arguments, `""`},
		{"arguments-twice", arguments, `"{\"a\":1,\"a\":2}"`}, {"arguments-long", arguments, `"{\"a\":\"` + strings.Repeat("a", 1017) + `\"}"`},
		{"expiry-missing", `"expires_at":1772355600,`, ""}, {"expiry-text", "1772355600", `"2026-03-01T09:00:00Z"`}, {"expiry-fraction", "1772355600", "1772355600.5"},
		{"transaction-missing", `,"tx_id":"` + statementTx + `"`, ""}, {"transaction-upper-case", "abcdef", "ABCDEF"},
	})
}

func (f *statements) badPresences() {
	f.bad(presenceKind, "presence", onlineJSON, [][3]string{
		{"state-missing", `"state":"online",`, ""}, {"state-other", "online", "offline"}, {"state-twice", `"at"`, `"state":"gone","at"`},
		{"time-missing", `"at":1772352000,`, ""}, {"time-zero", "1772352000", "0"}, {"time-text", "1772352000", `"now"`}, {"time-too-late", "1772352000", "253402300800"},
		{"session-missing", `,"session":"5f1c9a"`, ""}, {"session-empty", "5f1c9a", ""}, {"session-long", "5f1c9a", strings.Repeat("a", 65)}, {"session-with-space", "5f1c9a", "5f 1c"},
		{"session-number", `"5f1c9a"`, "5"},
	})
}
