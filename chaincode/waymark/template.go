package waymark

// MaxTemplateParameters bounds the parameters of a request.
const MaxTemplateParameters = 8

// PolicyTemplate is a policy with places to fill in.
type PolicyTemplate struct {
	ID         string              `json:"id" form:"id"`
	About      string              `json:"about"`
	Parameters []TemplateParameter `json:"parameters"`
}

// TemplateParameter is one place of a template.
type TemplateParameter struct {
	Name     string `json:"name" form:"id"` // by which a request fills it in
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
	ID         string            `json:"id" form:"id"`
	Template   string            `json:"template" form:"id"`
	Parameters map[string]string `json:"parameters" form:"parameters"`
	Delegable  bool              `json:"delegable,omitempty" metadata:",optional"`
}

// Validate checks the form of the request; which parameters there must be, the
// template says.
func (r PutTemplateRequest) Validate() error { return CheckForms(r) }
