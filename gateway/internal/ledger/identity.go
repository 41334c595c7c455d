package ledger

// Identity is the name of one of the member's Fabric identities, as the configuration has
// it. What its holder may do is in its certificate; the name itself says nothing.
type Identity string
