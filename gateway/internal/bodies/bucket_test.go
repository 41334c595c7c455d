//go:build s3

package bodies_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies/bodiestest"
)

// service is the S3 service that .ci/s3 runs, and its owner.
type service struct {
	endpoint    *url.URL
	credentials string
	client      *minio.Client
}

func theService(t *testing.T) *service {
	t.Helper()
	endpoint, err := url.Parse(os.Getenv("WAYMARK_S3"))
	if err != nil || endpoint.Host == "" {
		t.Fatalf("WAYMARK_S3 names no service (%v): make s3 runs one", err)
	}
	s := &service{endpoint: endpoint, credentials: os.Getenv("WAYMARK_S3_CREDENTIALS")}
	s.client, err = minio.New(endpoint.Host, &minio.Options{Creds: credentials.NewFileAWSCredentials(s.credentials, "default"), Region: region})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const region = "us-east-1"

// made is how many buckets there are so far.
var made atomic.Int64

// makeBucket makes an empty bucket.
func (s *service) makeBucket(t *testing.T) (name string) {
	t.Helper()
	name = fmt.Sprintf("waymark-%d-%d", os.Getpid(), made.Add(1))
	if err := s.client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return name
}

func (s *service) bucket(t *testing.T, name string) *bodies.Bucket {
	t.Helper()
	b, err := bodies.OpenBucket(bodies.BucketOptions{Endpoint: s.endpoint, Region: region, Bucket: name, Prefix: "bodies/", CredentialsFile: s.credentials})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func object(hash bodies.Hash) string {
	text := hex.EncodeToString(hash[:])
	return "bodies/" + text[:2] + "/" + text[2:]
}

func TestBucket(t *testing.T) {
	s := theService(t)
	bodiestest.Run(t, func(t *testing.T) bodiestest.Place {
		name := s.makeBucket(t)
		return bodiestest.Place{
			Store: s.bucket(t, name),
			Again: func(t *testing.T) bodies.Medium { return s.bucket(t, name) },
			Spoil: func(t *testing.T, hash bodies.Hash, data []byte) {
				_, err := s.client.PutObject(t.Context(), name, object(hash), bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{})
				if err != nil {
					t.Fatal(err)
				}
			},
			Lose: func(t *testing.T, hash bodies.Hash) {
				if err := s.client.RemoveObject(t.Context(), name, object(hash), minio.RemoveObjectOptions{}); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// TestABrokenBucket: what is wrong with the service is Unavailable, never a fault of a body: who is told that
// evidence is missing has to be able to rely on it.
func TestABrokenBucket(t *testing.T) {
	s := theService(t)
	none := s.bucket(t, "waymark-none")
	wrong := *s
	wrong.credentials = filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(wrong.credentials, []byte("[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	there := s.makeBucket(t)
	away := *s
	away.endpoint = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	for name, store := range map[string]bodies.Store{
		"no bucket": none, "nobody's keys": wrong.bucket(t, there), "nothing there": away.bucket(t, there),
	} {
		t.Run(name, func(t *testing.T) { unusable(t, store) })
	}
	if _, err := bodies.OpenBucket(bodies.BucketOptions{Endpoint: s.endpoint, Bucket: "waymark", CredentialsFile: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a file of credentials that is not there opens")
	}
}

// unusable wants every call to fail with Unavailable and to name no fault.
func unusable(t *testing.T, store bodies.Store) {
	t.Helper()
	_, putting := store.Put(t.Context(), []byte("x"))
	_, reading := store.Body(t.Context(), bodies.Hash{1})
	for what, err := range map[string]error{"put": putting, "body": reading, "delete": store.Delete(t.Context(), bodies.Hash{1}, bodies.Note{}), "check": store.Check(t.Context())} {
		if waymark.CodeOf(err) != waymark.Unavailable || errors.As(err, new(bodies.Fault)) {
			t.Errorf("%s: %v", what, err)
		}
		if message := waymark.AsError(err).Message; strings.Contains(message, "127.0.0.1") {
			t.Errorf("callers are told %q", message)
		}
	}
}

// TestServicesThatWriteOver are found out: over an altered body a gateway that asks first would write.
func TestServicesThatWriteOver(t *testing.T) {
	s := theService(t)
	careless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
	}))
	defer careless.Close()
	endpoint, err := url.Parse(careless.URL)
	if err != nil {
		t.Fatal(err)
	}
	over := *s
	over.endpoint = endpoint
	if err := over.bucket(t, "waymark").Check(t.Context()); waymark.CodeOf(err) != waymark.Unavailable || !strings.Contains(err.Error(), "If-None-Match") {
		t.Errorf("a service that writes over: %v", err)
	}
	b := s.bucket(t, s.makeBucket(t))
	for range 3 {
		if err := b.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestABucketThatHangsUp: a service that refuses a body may not wait for the whole of it, and its answer is lost. What it has is
// found all the same, and what it has not is not taken for put.
func TestABucketThatHangsUp(t *testing.T) {
	s, body := theService(t), []byte("what the devices said")
	hash := sha256.Sum256(body)
	hasty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, object(hash)) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Last-Modified", "Tue, 01 Dec 2026 00:00:00 GMT")
			_, _ = w.Write(body)
			return
		}
		if r.Method == http.MethodGet {
			http.Error(w, "<Error><Code>NoSuchKey</Code></Error>", http.StatusNotFound)
			return
		}
		panic(http.ErrAbortHandler) // the connection is closed
	}))
	defer hasty.Close()
	endpoint, err := url.Parse(hasty.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.endpoint = endpoint
	b := s.bucket(t, "waymark")
	if got, err := b.Put(t.Context(), body); err != nil || got != hash {
		t.Errorf("what is there: %x, %v", got, err)
	}
	if _, err := b.Put(t.Context(), []byte("something else")); waymark.CodeOf(err) != waymark.Unavailable || errors.As(err, new(bodies.Fault)) {
		t.Errorf("what is not there: %v", err)
	}
}
