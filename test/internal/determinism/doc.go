// Package determinism is an analyser for chaincode: it finds what makes two
// endorsers give different bytes for the same request, which general linters do
// not look for. What is sound all the same says so: "//determinism: why".
package determinism
