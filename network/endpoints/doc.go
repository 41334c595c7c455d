// Package endpoints reads .waymark/endpoints.json, the file in which a running
// local consortium says where it can be reached. Tests, tools and people start
// from it. It imports the standard library only.
package endpoints
