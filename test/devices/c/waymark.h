/* A Waymark device for a small board: signed messages as COSE_Sign1 with SenML in CBOR
 * (docs/device-protocol.md, sections 2 to 8). C99, no allocation, no library but for two functions that the board
 * has to bring. Numbers are integers: a board without floating point will do.
 */
#ifndef WAYMARK_H
#define WAYMARK_H

#include <stddef.h>
#include <stdint.h>

#define WM_DIGEST 32
#define WM_SIGNATURE 64

/* What the board brings. Each returns 0, or another value if it failed. */
struct wm_crypto {
  void *context; /* handed to both */
  /* Ed25519 (RFC 8032) with the device's private key, over a message of any length. */
  int (*sign)(void *context, const uint8_t *message, size_t size, uint8_t signature[WM_SIGNATURE]);
  int (*sha256)(void *context, const uint8_t *message, size_t size, uint8_t digest[WM_DIGEST]);
};

/* A device. Ids are 1 to 64 characters of A-Z a-z 0-9 _ : -, and end with NUL. */
struct wm_device {
  struct wm_crypto crypto;
  const char *id;
  const char *consortium;
  const char *key_id;
  /* The state of the chain. Keep both in durable storage, with the message, before you publish it: two
   * messages with one number are a fork, which the ledger never forgets. */
  uint64_t sequence;           /* of the last message signed; 0 if there is none */
  uint8_t previous[WM_DIGEST]; /* its digest */
};

/* One reading: value * 10^exponent, as in 425, -2 for 4.25. */
struct wm_reading {
  const char *name; /* as in "temperature" */
  const char *unit; /* as in "Cel" */
  int64_t value;
  int exponent; /* -40 to 40 */
};

/* wm_pack signs the next message: readings that were taken at one time, in seconds since 1970. It writes the
 * message to out, of size bytes, and returns its length, or 0 if something failed: then the chain is as it was.
 *
 * scratch, as large as out, holds the pack meanwhile. Both need room for it and 500 bytes. */
size_t wm_pack(struct wm_device *device, uint64_t time, const struct wm_reading *readings, size_t count, uint8_t *out,
               uint8_t *scratch, size_t size);

/* wm_statement signs a statement that has no number: type is what stands after "application/", as in
 * "vnd.waymark.connect+json", and payload its JSON. It returns the length of the message, or 0. */
size_t wm_statement(struct wm_device *device, const char *type, const char *payload, uint8_t *out, size_t size);

/* wm_text writes the text form of a message, base64url and a NUL, and returns its length, or 0 if it does not fit:
 * a broker's password and what stands in JSON are texts; what is published is the bytes. */
size_t wm_text(const uint8_t *message, size_t length, char *out, size_t size);

#endif
