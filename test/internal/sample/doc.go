// Command sample writes the commented sample of a configuration from the Go structs that are
// it: every key with its comment, and what is there by default or, where something must be,
// an example. Tags of the fields have the values, default:"..." and example:"...", as YAML.
package main

//go:generate go run . --package ../../../gateway/internal/config --output ../../../docs/operations/gateway.yaml
//go:generate go run . --package ../../../mqtt-bridge/internal/config --output ../../../docs/operations/mqtt-bridge.yaml
//go:generate go run . --package ../../../mqtt-bridge/internal/edge/config --output ../../../docs/operations/mqtt-edge.yaml
