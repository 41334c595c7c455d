package waymark

// TransientTerms is the field of the transient data in which Terms travel, as JSON.
const TransientTerms = "terms"
