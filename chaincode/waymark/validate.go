package waymark

// Validator is a request that can check its own form. Every request of the
// vocabulary is one; the chaincode and the gateway both call it before they
// look at anything else.
type Validator interface {
	// Validate returns an Invalid error that points at the first fault, or nil.
	Validate() error
}

// first returns the first error that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// optional runs check unless text is empty.
func optional(text string, check func() error) error {
	if text == "" {
		return nil
	}
	return check()
}
