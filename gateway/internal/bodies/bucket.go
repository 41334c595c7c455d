package bodies

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Bucket keeps each body in an object of its own, PREFIXab/cdef..., of a bucket that an S3-compatible service keeps: one
// that is strongly consistent and knows conditional writes (If-None-Match), which Check makes sure of. The bucket
// is the operator's to make, and to keep others out of.
type Bucket struct {
	core   minio.Core
	name   string
	prefix string
	proven atomic.Bool // that conditional writes are held
}

var _ Medium = (*Bucket)(nil)

// BucketOptions say where a bucket is and as whom it is used.
type BucketOptions struct {
	Endpoint *url.URL // http or https, a host and no more
	Region   string
	Bucket   string
	Prefix   string // before the names of all objects; empty: none
	// CredentialsFile is a file of AWS's form, of which the profile "default" counts; empty: the role of the machine.
	CredentialsFile string
	Roots           *x509.CertPool // nil: the system's
}

// Bounds of a call. Whoever asks gives up sooner, or asks again: the bridge has the message meanwhile.
const (
	bucketTimeout  = 30 * time.Second
	connectTimeout = 5 * time.Second
	bucketTries    = 3
)

// OpenBucket returns the store in a bucket. It does not ask for it yet: a gateway starts without its bucket as it goes on without
// it, and anchors nothing until it is there.
func OpenBucket(o BucketOptions) (*Bucket, error) {
	as := credentials.NewIAM("")
	if o.CredentialsFile != "" {
		as = credentials.NewFileAWSCredentials(o.CredentialsFile, "default")
		if _, err := as.GetWithContext(nil); err != nil {
			return nil, fmt.Errorf("read credentials: %w", err)
		}
	}
	client, err := minio.New(o.Endpoint.Host, &minio.Options{
		Creds: as, Secure: o.Endpoint.Scheme == "https", Region: o.Region, MaxRetries: bucketTries,
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSClientConfig:       &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   connectTimeout,
			ResponseHeaderTimeout: bucketTimeout,
			IdleConnTimeout:       time.Minute,
			MaxIdleConnsPerHost:   16,
			DisableCompression:    true,
		},
	})
	if err != nil {
		return nil, err
	}
	return &Bucket{core: minio.Core{Client: client}, name: o.Bucket, prefix: o.Prefix}, nil
}

// Put implements Store: the service has the body on its disks before it answers, and checks the hash.
func (b *Bucket) Put(ctx context.Context, body []byte) (Hash, error) {
	hash, err := check(ctx, body)
	if err != nil {
		return hash, err
	}
	err = b.write(ctx, name(hash), body)
	if err == nil {
		return hash, nil
	}
	// A service that refuses what is there may hang up before it has read the body, and then its answer is lost.
	_, there := b.Body(ctx, hash)
	if there == nil || errors.Is(there, Altered) || errors.Is(err, errThere) {
		return hash, there
	}
	return hash, err
}

// Mend implements Medium. Of a bucket with versions what was there stays as an earlier one.
func (b *Bucket) Mend(ctx context.Context, body []byte) error {
	hash, err := check(ctx, body)
	if err != nil {
		return err
	}
	return b.put(ctx, name(hash), body, func(*minio.PutObjectOptions) {})
}

// Owner implements Medium.
func (b *Bucket) Owner(ctx context.Context) ([]byte, error) {
	text, err := b.read(ctx, ownerName)
	switch {
	case isNone(err):
		return nil, nil
	case err != nil:
		return nil, broken("read whose it is", err)
	}
	return text, nil
}

// Sign implements Medium.
func (b *Bucket) Sign(ctx context.Context, text []byte) error {
	if err := b.write(ctx, ownerName, text); !errors.Is(err, errThere) {
		return err
	}
	return nil
}

// Body implements Store.
func (b *Bucket) Body(ctx context.Context, hash Hash) ([]byte, error) {
	data, err := b.read(ctx, name(hash))
	if isNone(err) {
		return nil, b.gone(ctx, hash)
	}
	if err != nil {
		return nil, broken("read a body", err)
	}
	return as(hash, data)
}

// gone tells whether a body that is not there is Deleted or Missing.
func (b *Bucket) gone(ctx context.Context, hash Hash) error {
	switch _, err := b.read(ctx, name(hash)+noteSuffix); {
	case err == nil:
		return Deleted
	case isNone(err):
		return Missing
	default:
		return broken("read the note of a body", err)
	}
}

// Delete implements Store. Of a bucket with versions the body stays as an earlier one, until a rule of the bucket removes it.
func (b *Bucket) Delete(ctx context.Context, hash Hash, note Note) error {
	if err := b.write(ctx, name(hash)+noteSuffix, note.encode()); err != nil && !errors.Is(err, errThere) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bucketTimeout)
	defer cancel()
	if err := b.core.RemoveObject(ctx, b.name, b.prefix+name(hash), minio.RemoveObjectOptions{}); err != nil {
		return broken("delete a body", err)
	}
	return nil
}

// probe is what is written to see that conditional writes are held: no body has its name.
const probe = "conditional-write"

// Check implements Store. The first time it writes an object twice and wants the second refused; from then on it asks whether the
// bucket is there for who asks.
func (b *Bucket) Check(ctx context.Context) error {
	if b.proven.Load() {
		ctx, cancel := context.WithTimeout(ctx, bucketTimeout)
		defer cancel()
		if there, err := b.core.BucketExists(ctx, b.name); err != nil || !there {
			return broken("look for the bucket", errors.Join(err, when(!there, "there is none of that name")))
		}
		return nil
	}
	if err := b.write(ctx, probe, []byte("check\n")); err != nil && !errors.Is(err, errThere) {
		return err
	}
	if err := b.write(ctx, probe, []byte("check\n")); !errors.Is(err, errThere) {
		return broken("write only what is not there", errors.Join(err, when(err == nil, "the service does not hold conditional writes (If-None-Match): use one that does")))
	}
	b.proven.Store(true)
	return nil
}

// when is an error, if it is one.
func when(is bool, what string) error {
	if !is {
		return nil
	}
	return errors.New(what)
}

// errThere says that an object of that name is there already.
var errThere = errors.New("it is there")

// write makes an object, unless there is one of that name.
func (b *Bucket) write(ctx context.Context, name string, data []byte) error {
	return b.put(ctx, name, data, func(o *minio.PutObjectOptions) { o.SetMatchETagExcept("*") })
}

// put makes an object, on a condition.
func (b *Bucket) put(ctx context.Context, name string, data []byte, on func(*minio.PutObjectOptions)) error {
	ctx, cancel := context.WithTimeout(ctx, bucketTimeout)
	defer cancel()
	o := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true} // it is given whole
	on(&o)
	hash := sha256.Sum256(data)
	_, err := b.core.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(data), int64(len(data)), "", hex.EncodeToString(hash[:]), o)
	switch answer := minio.ToErrorResponse(err); {
	case err == nil:
		return nil
	case answer.StatusCode == http.StatusPreconditionFailed:
		return errThere
	default:
		return broken("write", err)
	}
}

// read returns an object, or as much of it as shows that it is no body.
func (b *Bucket) read(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, bucketTimeout)
	defer cancel()
	object, _, _, err := b.core.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(object, MaxBytes+1))
	return data, errors.Join(err, object.Close())
}

// isNone tells whether there is no object of that name. A bucket that is not there is not meant.
func isNone(err error) bool { return minio.ToErrorResponse(err).Code == minio.NoSuchKey }
