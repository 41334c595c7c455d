package config

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Store is where the bodies of anchored telemetry are kept: the messages of the member's own devices of which the ledger has a
// hash. Without one the gateway anchors nothing, and records every message in full. It is as much worth as the ledger, and
// nobody else has it: back it up.
type Store struct {
	// Dir is a folder on a disk that keeps what it has synced; it is made if there is none. Gateways that share a database need
	// one that all of them see. Default: none.
	Dir string `koanf:"dir" default:""`
	// S3 is a bucket in place of dir.
	S3 S3 `koanf:"s3"`
	// Identity names the identity by which the gateway sends the checks of what is anchored: one of identities, a relay or an
	// operator. It is needed with dir or s3. Default: relay.
	Identity string `koanf:"identity" default:"relay"`
}

// Kept tells whether bodies are kept at all.
func (s Store) Kept() bool { return s.Dir != "" || s.S3 != (S3{Region: s.S3.Region}) }

// S3 is a bucket of a service with the interface of Amazon S3 that is strongly consistent and holds conditional writes
// (If-None-Match); the gateway is not ready to anchor (the part store in /readyz) where they are not held. Gateways that share a
// database share it as it is.
type S3 struct {
	// Endpoint is the service, https://host or https://host:port; http:// is for a loopback address only. Needed with bucket.
	Endpoint string `koanf:"endpoint" default:""`
	// Region is the service's name of the place. Default us-east-1.
	Region string `koanf:"region" default:"us-east-1"`
	// Bucket is the name of the bucket, which is there. Default: none.
	Bucket string `koanf:"bucket" default:""`
	// Prefix begins the name of every object, as in bodies/, at most 512 bytes. Default: nothing.
	Prefix string `koanf:"prefix" default:""`
	// CredentialsFile has the access key and the secret in AWS's form (aws_access_key_id and aws_secret_access_key of [default]).
	// Default: none, and the role is used that the machine has at its provider.
	CredentialsFile string `koanf:"credentials_file" default:""`
	// CAFile is a PEM file with the authority of the service's certificate. Default: those of the system.
	CAFile string `koanf:"ca_file" default:""`
}

// maxPrefix leaves room in the 1,024 bytes of an object's name.
const maxPrefix = 512

func (c Config) validateStore() error {
	if !c.Store.Kept() {
		return nil
	}
	return errors.Join(c.known("store.identity", c.Store.Identity), c.Store.validate())
}

func (s Store) validate() error {
	if s.S3 == (S3{Region: s.S3.Region}) {
		return nil
	}
	if s.Dir != "" {
		return errors.New("store: has both dir and s3: bodies are kept in one of them")
	}
	errs := []error{required("store.s3.region", s.S3.Region)}
	if u, err := url.Parse(s.S3.Endpoint); err != nil || !collectorURL(s.S3.Endpoint) || *u != (url.URL{Scheme: u.Scheme, Host: u.Host}) {
		errs = append(errs, fmt.Errorf("store.s3.endpoint: must be https://host or https://host:port (http:// is for a loopback address only), is %q", s.S3.Endpoint))
	}
	if err := s3utils.CheckValidBucketNameStrict(s.S3.Bucket); err != nil {
		errs = append(errs, fmt.Errorf("store.s3.bucket: %w", err))
	}
	if len(s.S3.Prefix) > maxPrefix {
		errs = append(errs, fmt.Errorf("store.s3.prefix: may have %d bytes", maxPrefix))
	}
	if s.S3.Prefix != "" {
		if err := s3utils.CheckValidObjectNamePrefix(s.S3.Prefix); err != nil {
			errs = append(errs, fmt.Errorf("store.s3.prefix: %w", err))
		}
	}
	return errors.Join(errs...)
}
