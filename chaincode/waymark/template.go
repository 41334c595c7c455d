package waymark

import (
	"maps"
	"slices"
)

// MaxTemplateParameters bounds the parameters of a request.
const MaxTemplateParameters = 8

// maxParameterBytes bounds one value.
const maxParameterBytes = 100

// PolicyTemplate is a policy with places to fill in.
type PolicyTemplate struct {
	ID         string              `json:"id"`
	About      string              `json:"about"`
	Parameters []TemplateParameter `json:"parameters"`
}

// TemplateParameter is one place of a template.
type TemplateParameter struct {
	Name     string `json:"name"` // by which a request fills it in
	About    string `json:"about"`
	Required bool   `json:"required"`
}

// TemplateList is every template, by id.
type TemplateList struct {
	Templates []PolicyTemplate `json:"templates"`
}

// PutTemplateRequest makes or replaces a policy of a template: the text is
// rendered, and then put like any other.
type PutTemplateRequest struct {
	ID         string            `json:"id"`
	Template   string            `json:"template"`
	Parameters map[string]string `json:"parameters"`
	Delegable  bool              `json:"delegable,omitempty" metadata:",optional"`
}

// Validate checks the form of the request; which parameters there must be, the
// template says.
func (r PutTemplateRequest) Validate() error {
	if err := first(ValidateID("/id", r.ID), ValidateID("/template", r.Template)); err != nil {
		return err
	}
	if n := len(r.Parameters); n > MaxTemplateParameters {
		return InvalidField("/parameters", "must be at most %d, are %d", MaxTemplateParameters, n)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Parameters)) {
		if ValidateID("", name) != nil {
			return InvalidField("/parameters", "has a name that no template has")
		}
		if err := ValidateText("/parameters/"+name, r.Parameters[name], maxParameterBytes, true); err != nil {
			return err
		}
	}
	return nil
}
