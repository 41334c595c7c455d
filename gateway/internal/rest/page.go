package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"

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
		summary: "This document as a page for people, unless the gateway is configured to have none",
		doc:     documented{media: "text/html", about: "For anybody: it needs no credential, and counts by address. It loads nothing from elsewhere; a credential that is entered stays in the page."},
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
			method: http.MethodGet, path: pagePath + "/" + f.name, id: f.name, tag: tagSystem, open: true, doc: documented{hidden: true},
			serve: servePageFile(f.from, f.file, f.as),
		})
	}
	return all
}

// servePageFile serves an embedded file as a media type. One that is packed (.gz) goes as it is to
// who takes it so. All answers share the file's bytes, however slowly they are read.
func servePageFile(from fs.FS, file, as string) func(*service, *gin.Context) error {
	load := sync.OnceValues(func() (pageFile, error) { return loadPageFile(from, file) })
	return func(_ *service, c *gin.Context) error {
		f, err := load()
		if err != nil {
			return err
		}
		c.Header("Content-Security-Policy", pagePolicy)
		c.Header("Cross-Origin-Opener-Policy", "same-origin")
		c.Header("Cache-Control", "no-cache") // kept, and asked after
		c.Header("ETag", f.tag)
		if f.packed != nil {
			c.Header("Vary", "Accept-Encoding")
		}
		switch {
		case c.GetHeader("If-None-Match") == f.tag:
			c.Status(http.StatusNotModified)
		case f.packed != nil && acceptsGzip(c.Request.Header.Values("Accept-Encoding")):
			c.Header("Content-Encoding", "gzip")
			c.Data(http.StatusOK, as, f.packed)
		default:
			c.Data(http.StatusOK, as, f.plain)
		}
		return nil
	}
}

// pageFile is a file of the page, with what gzip makes of it if it is embedded so.
type pageFile struct {
	plain, packed []byte
	tag           string // weak, since both forms have it
}

func loadPageFile(from fs.FS, file string) (f pageFile, err error) {
	if f.plain, err = fs.ReadFile(from, file); err != nil {
		return f, fmt.Errorf("read page: %w", err)
	}
	if strings.HasSuffix(file, ".gz") {
		f.packed = f.plain
		if f.plain, err = unpack(f.packed); err != nil {
			return f, err
		}
	}
	sum := sha256.Sum256(f.plain)
	f.tag = fmt.Sprintf(`W/"%x"`, sum[:16])
	return f, nil
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
