package rest

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui/v5/static"
)

// pagePath is where the API's reference is, as a page. What it loads is below.
const pagePath = "/docs"

//go:embed page
var pageFiles embed.FS

// pagePolicy is the page's Content-Security-Policy: scripts, styles and all that is fetched come
// from this gateway's own files. Swagger UI has pictures in its style sheet.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageRoutes are the reference page, and the files that it loads, of which the document does not tell.
func pageRoutes() []route {
	all := []route{{
		method: http.MethodGet, path: pagePath, id: "getReference", tag: tagSystem, open: true,
		media:   "text/html",
		summary: "This document as a page for people, unless the gateway is configured to have none",
		about:   "For anybody: it needs no credential, and counts by address. It loads nothing from elsewhere; a credential that is entered stays in the page.",
		serve:   servePageFile(pageFiles, "page/index.html", "text/html; charset=utf-8"),
	}}
	for _, f := range []struct {
		from           fs.FS
		file, name, as string
	}{
		{pageFiles, "page/reference.js", "reference.js", "text/javascript; charset=utf-8"},
		{static.FS, "swagger-ui-bundle.js.gz", "swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
		{static.FS, "swagger-ui.css.gz", "swagger-ui.css", "text/css; charset=utf-8"},
		{static.FS, "favicon-32x32.png", "favicon-32x32.png", "image/png"},
	} {
		all = append(all, route{
			method: http.MethodGet, path: pagePath + "/" + f.name, id: f.name, tag: tagSystem, open: true, hidden: true,
			serve: servePageFile(f.from, f.file, f.as),
		})
	}
	return all
}

// servePageFile serves an embedded file as a media type. One that is packed (.gz) goes as it is to
// who takes it so.
func servePageFile(from fs.FS, file, as string) func(*service, *gin.Context) error {
	return func(_ *service, c *gin.Context) error {
		data, err := fs.ReadFile(from, file)
		if err != nil {
			return fmt.Errorf("read page: %w", err)
		}
		c.Header("Content-Security-Policy", pagePolicy)
		c.Header("Cross-Origin-Opener-Policy", "same-origin")
		if strings.HasSuffix(file, ".gz") {
			c.Header("Vary", "Accept-Encoding")
			if acceptsGzip(c.Request.Header.Values("Accept-Encoding")) {
				c.Header("Content-Encoding", "gzip")
			} else if data, err = unpack(data); err != nil {
				return err
			}
		}
		c.Data(http.StatusOK, as, data)
		return nil
	}
}

// unpack returns what a file of ours holds, so it needs no bound.
func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack page: %w", err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack page: %w", err)
	}
	return data, nil
}

// acceptsGzip reports whether a header Accept-Encoding (RFC 9110, clause 12.5.3) names gzip.
func acceptsGzip(header []string) bool {
	for part := range strings.SplitSeq(strings.Join(header, ","), ",") {
		if name, weight, ok := mediaRange(part); ok && name == "gzip" && weight > 0 {
			return true
		}
	}
	return false
}
