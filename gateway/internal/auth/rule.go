package auth

import (
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
)

// Rule says as whom callers act that have all it asks for: of the claims in a token of an
// issuer, or of the names in a client certificate. One that asks for nothing fits nobody.
type Rule struct {
	// Issuer is the name of the token's issuer; empty for a rule about certificates.
	Issuer string
	// Claims must each have a value, or be a list that contains it. A claim within others is
	// a JSON pointer, as in "/realm_access/roles". Of the claim scope the value is one word.
	Claims map[string]string
	// CommonName, DNSName and URI must be names in the certificate; an empty one is not asked for.
	CommonName, DNSName, URI string
	// Identity is the name of the identity that acts for them.
	Identity string
}

// bearerOf is what a credential that was verified says about who bears it: either claims and
// the name of their issuer, or a certificate.
type bearerOf struct {
	issuer      string
	claims      map[string]any
	certificate *x509.Certificate
}

// decide returns the first rule that fits.
func decide(rules []Rule, who bearerOf) (Rule, bool) {
	for _, r := range rules {
		if who.certificate != nil && r.fitsCertificate(who.certificate) || who.certificate == nil && r.fitsClaims(who) {
			return r, true
		}
	}
	return Rule{}, false
}

func (r Rule) fitsClaims(who bearerOf) bool {
	if r.Issuer == "" || r.Issuer != who.issuer {
		return false
	}
	for name, want := range r.Claims {
		if !holds(claim(who.claims, name), name, want) {
			return false
		}
	}
	return true
}

func (r Rule) fitsCertificate(c *x509.Certificate) bool {
	if r.Issuer != "" || r.CommonName == "" && r.DNSName == "" && r.URI == "" {
		return false
	}
	return (r.CommonName == "" || r.CommonName == c.Subject.CommonName) &&
		(r.DNSName == "" || slices.Contains(c.DNSNames, r.DNSName)) &&
		(r.URI == "" || slices.Contains(uris(c), r.URI))
}

func uris(c *x509.Certificate) []string {
	var all []string
	for _, u := range c.URIs {
		all = append(all, u.String())
	}
	return all
}

// pointer takes the escapes out of a part of a JSON pointer (RFC 6901, clause 4).
var pointer = strings.NewReplacer("~1", "/", "~0", "~")

// claim returns the claim of that name, or at that JSON pointer; nil if there is none.
func claim(claims map[string]any, name string) any {
	inner, isPointer := strings.CutPrefix(name, "/")
	if !isPointer {
		return claims[name]
	}
	var value any = claims
	for part := range strings.SplitSeq(inner, "/") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[pointer.Replace(part)]
	}
	return value
}

// holds reports whether a claim is what is wanted, or contains it. A number is not: no two
// programs write one alike.
func holds(value any, name, want string) bool {
	switch v := value.(type) {
	case string:
		return v == want || name == "scope" && slices.Contains(strings.Fields(v), want) // RFC 8693, clause 4.2
	case bool:
		return strconv.FormatBool(v) == want
	case []any:
		return slices.Contains(v, any(want))
	}
	return false
}
