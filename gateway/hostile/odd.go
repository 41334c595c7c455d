package hostile

import (
	"encoding/json"
	"strings"
)

// spoil replaces, drops or doubles something within a body.
func (o Operation) spoil(value any) string {
	sound := text(value)
	var members []int
	for at := range sound {
		if sound[at] == ':' || sound[at] == '[' {
			members = append(members, at+1)
		}
	}
	if len(members) == 0 {
		return o.oddJSON()
	}
	at := members[o.random.IntN(len(members))]
	end := at + strings.IndexAny(sound[at:]+",", ",}]")
	switch o.random.IntN(4) {
	case 0:
		return sound[:at] // cut off
	case 1:
		return "{" + sound[1:max(1, len(sound)-1)] + "," + strings.TrimPrefix(sound, "{") // each member twice
	}
	return sound[:at] + o.oddJSON() + sound[min(end, len(sound)):]
}

// odd is a text that breaks what is careless.
func (o Operation) odd() string {
	all := []string{
		"", " ", "\x00", "\x7f\x1b[31m", "\r\nX: y", "a/b", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e", "..;/", "%", "%zz", "a:b", "*", ">", "~", "'\"><script>", "${jndi:ldap://x}",
		"'; DROP TABLE requests; --", "1 OR 1=1", "%s%n%x", "{{7*7}}", "$(id)", "\\", "a\tb",
		"\u202e\u200b", "e\u0301", "\U0001F600", "\uffff", "\U0010FFFF", "\xff\xfe", "\xed\xa0\x80", "null", "true", "0", "-1", "1e400", "9223372036854775808", "0x1", "NaN", "٣", "１",
		strings.Repeat("a", 65), strings.Repeat("é", 2000), strings.Repeat("../", 300), "respond-async", "wait=99999999999", "application/json;q=0",
	}
	return all[o.random.IntN(len(all))]
}

func (o Operation) oddJSON() string {
	all := []string{
		"null", "[]", "{}", `[[]]`, `{"a":{}}`, "true", "0", "-0", "-1", "0.1", "1e400", "1E-400", "9223372036854775808", "18446744073709551616", strings.Repeat("9", 400),
		`"\ud800"`, `"\udc00\ud800"`, `"\u0000"`, `""`, "NaN", "'x'", "//", "\xff", "\x00", strings.Repeat("[", 200), strings.Repeat(`{"a":`, 200),
	}
	if n := o.random.IntN(2 * len(all)); n < len(all) {
		return all[n]
	}
	return text(o.odd())
}

// text is JSON.
func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // of what was made here or read from JSON
	}
	return string(data)
}
