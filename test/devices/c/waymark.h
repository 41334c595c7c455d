/* A Waymark device for a small board: signed messages as COSE_Sign1 with SenML in CBOR
 * (docs/device-protocol.md, sections 2 to 8), and the question what became of them (section 16). C99, no allocation, no
 * library but for three functions that the board has to bring. Numbers are integers: a board without floating point will do.
 */
#ifndef WAYMARK_H
#define WAYMARK_H

#include <stddef.h>
#include <stdint.h>

#define WM_DIGEST 32
#define WM_SIGNATURE 64
#define WM_KEY 32
#define WM_COMMIT 16

/* What the board brings. Each returns 0, or another value if it failed. */
struct wm_crypto {
  void *context; /* handed to each */
  /* Ed25519 (RFC 8032) with the device's private key, over a message of any length. */
  int (*sign)(void *context, const uint8_t *message, size_t size, uint8_t signature[WM_SIGNATURE]);
  int (*sha256)(void *context, const uint8_t *message, size_t size, uint8_t digest[WM_DIGEST]);
  /* 0 if the signature is of this public key. Not needed by a board that asks nothing. */
  int (*verify)(void *context, const uint8_t key[WM_KEY], const uint8_t *message, size_t size,
                const uint8_t signature[WM_SIGNATURE]);
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

/* One reading: value * 10^exponent, as in 425, -2 for 4.25, at most 900000000000. A device measures at most 32 things. */
struct wm_reading {
  const char *name; /* as in "temperature": 1 to 64 characters of A-Z a-z 0-9 : . / _ - */
  const char *unit; /* as in "Cel": 1 to 16 characters of A-Z a-z 0-9 % / _ - */
  int64_t value;
  int exponent; /* -40 to 40 */
};

/* wm_pack signs the next message: readings that were taken at one time, in seconds since 1970. It writes the
 * message to out, of size bytes, and returns its length, or 0 if something failed, or the ledger would refuse
 * it for ever: then the chain is as it was, and no number is used.
 *
 * scratch, as large as out, holds the pack meanwhile. Both need room for it and 500 bytes, and have at most 24576: the ledger
 * takes no more in one message, and no more than 1000 readings. */
size_t wm_pack(struct wm_device *device, uint64_t time, const struct wm_reading *readings, size_t count, uint8_t *out,
               uint8_t *scratch, size_t size);

/* wm_statement signs a statement that has no number: type is what stands after "application/", as in
 * "vnd.waymark.connect+json", and payload its JSON. It returns the length of the message, or 0. */
size_t wm_statement(struct wm_device *device, const char *type, const char *payload, uint8_t *out, size_t size);

/* wm_text writes the text form of a message, base64url and a NUL, and returns its length, or 0 if it does not fit:
 * a broker's password and what stands in JSON are texts; what is published is the bytes. */
size_t wm_text(const uint8_t *message, size_t length, char *out, size_t size);

/* --- To free memory safely: keep each message, its number and its digest until the ledger has it. Ask for each, the
 * oldest first, about once in two minutes; hear what comes on the topic down; forget the messages that it lets you. --- */

/* wm_inquiry signs the question what became of message number, to be published. It returns its length, or 0. */
size_t wm_inquiry(struct wm_device *device, uint64_t number, uint8_t *out, size_t size);

/* The operator's bridge, as `mqtt-bridge key` prints it: only what it has signed is believed. */
struct wm_bridge {
  const char *id;
  const char *key_id;
  uint8_t key[WM_KEY]; /* Ed25519 */
};

enum wm_state { WM_UNKNOWN, WM_RECORDED, WM_QUARANTINED, WM_UNREADABLE };

/* What a bridge says became of a message of a number. */
struct wm_commit {
  uint64_t number;
  enum wm_state state;
  uint8_t digest[WM_COMMIT]; /* of the message that it means, its first half; of no use if the state is WM_UNKNOWN */
};

/* wm_hear reads a commit receipt as it came, with the help of scratch, which needs room for it. It returns 0, or another
 * value if this bridge has not signed it, or it is not for this device, or is something else: pass over it. */
int wm_hear(const struct wm_device *device, const struct wm_bridge *bridge, const uint8_t *message, size_t length,
            uint8_t *scratch, size_t size, struct wm_commit *commit);

/* wm_frees says whether the message of a number and a digest may be forgotten. If not, publish it again, and ask again. */
int wm_frees(const struct wm_commit *commit, uint64_t number, const uint8_t digest[WM_DIGEST]);

#endif
