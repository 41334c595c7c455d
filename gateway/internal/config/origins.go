package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// maxOrigins bounds the list that each request's origin is looked for in.
const maxOrigins = 32

// validateOrigins wants them as browsers send them: scheme, host, and port if it is not the
// scheme's own. Plain http is for a page on this machine.
func validateOrigins(origins []string) error {
	errs := []error{between("cors_origins", len(origins), 0, maxOrigins)}
	for n, origin := range origins {
		if !properOrigin(origin) {
			errs = append(errs, fmt.Errorf("cors_origins[%d]: must be https://host or https://host:port, is %q", n, origin))
		}
	}
	return errors.Join(errs...)
}

func properOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || strings.Contains(origin, "*") || u.Scheme+"://"+strings.ToLower(u.Host) != origin {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
}
