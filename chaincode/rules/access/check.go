package access

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// CheckPolicy checks a text that is to become an owner policy, with Invalid that
// points at /text: one Cedar statement within the bounds of nesting, with known
// annotations, that fits strictly the schema of the actions that owners can grant.
// What others may pass on, and what passes on, must be a permit.
func CheckPolicy(id, text string, delegable, delegated bool) error {
	policy, _, err := parse(id, text)
	if err != nil {
		return err
	}
	if policy.Effect() == cedar.Forbid && (delegable || delegated) {
		return waymark.InvalidField("/text", "is a forbid: only a permit can be delegated")
	}
	if err := grantValidator.Policy("", (*xast.Policy)(policy.AST())); err != nil {
		return waymark.InvalidField("/text", "does not fit the schema, which for owners has the actions %v: %s", GrantableActions(), firstLine(err))
	}
	return nil
}

// parse reads one policy with its obligations.
func parse(id, text string) (*cedar.Policy, []waymark.Obligation, error) {
	if err := checkNesting(text); err != nil {
		return nil, nil, err
	}
	list, err := cedar.NewPolicyListFromBytes("", []byte(text))
	if err != nil {
		return nil, nil, waymark.InvalidField("/text", "is not Cedar: %s", firstLine(err))
	}
	if len(list) != 1 {
		return nil, nil, waymark.InvalidField("/text", "must hold one statement, has %d", len(list))
	}
	obligations, err := annotations(id, list[0])
	if err != nil {
		return nil, nil, waymark.InvalidField("/text", "%s", waymark.AsError(err).Message)
	}
	return list[0], obligations, nil
}

// maxNote bounds the annotation @note.
const maxNote = 200

// annotations returns the obligations of a policy, or Invalid for an annotation
// that is not known or not well formed. Only a permit can oblige.
func annotations(id string, policy *cedar.Policy) ([]waymark.Obligation, error) {
	var obligations []waymark.Obligation
	all := policy.Annotations()
	for _, key := range sortedKeys(all) {
		value := string(all[types.AnnotationKey(key)])
		switch kind := waymark.ObligationKind(key); {
		case key == "id" && value == id:
		case key == "note" && waymark.ValidateText("", value, maxNote, true) == nil:
		case !slices.Contains(waymark.ObligationKinds(), kind):
			return nil, waymark.Errorf(waymark.Invalid, "has the annotation @%s: there are @id, the policy's own, @note of at most %d bytes, and of permits %v", key, maxNote, waymark.ObligationKinds())
		case policy.Effect() == cedar.Forbid:
			return nil, waymark.Errorf(waymark.Invalid, "is a forbid with @%s: only a permit can oblige", key)
		default:
			some, err := waymark.ParseObligations(kind, value)
			if err != nil {
				return nil, err
			}
			obligations = append(obligations, some...)
		}
	}
	return waymark.SortObligations(obligations), nil
}

func sortedKeys(annotations cedar.Annotations) []string {
	keys := make([]string, 0, len(annotations))
	for key := range annotations { //determinism: they are sorted below
		keys = append(keys, string(key))
	}
	slices.Sort(keys)
	return keys
}

// maxFault bounds what is repeated of a fault that Cedar found.
const maxFault = 300

// firstLine is the first in order of the faults that Cedar found: it finds them in
// map order, and endorsers must say the same.
func firstLine(err error) string {
	lines := strings.Split(err.Error(), "\n")
	slices.Sort(lines)
	line := lines[0]
	if len(lines) > 1 && strings.HasPrefix(line, "unable to find an applicable action") { // the others say why
		line = lines[1]
	}
	if len(line) > maxFault {
		line = line[:maxFault]
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, line), "")
}
