#include "waymark.h"

#include <string.h>

/* --- As much CBOR (RFC 8949) as a device needs, into a buffer that may be too small. --- */

struct buffer {
  uint8_t *bytes;
  size_t size, length;
  int full; /* something did not fit: what is in it is of no use */
};

enum { UNSIGNED = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6 };

static void put(struct buffer *b, const void *bytes, size_t length) {
  if (b->full || length > b->size - b->length) {
    b->full = 1;
    return;
  }
  if (length > 0) memcpy(b->bytes + b->length, bytes, length);
  b->length += length;
}

/* head writes the shortest head of an item, as deterministic CBOR wants it. */
static void head(struct buffer *b, int major, uint64_t n) {
  uint8_t bytes[9];
  int further = n < 24 ? 0 : n <= 0xFF ? 1 : n <= 0xFFFF ? 2 : n <= 0xFFFFFFFF ? 4 : 8;
  uint8_t info = further == 0 ? (uint8_t)n : further == 1 ? 24 : further == 2 ? 25 : further == 4 ? 26 : 27;
  bytes[0] = (uint8_t)(major << 5 | info);
  for (int i = further; i > 0; i--, n >>= 8) bytes[i] = (uint8_t)n;
  put(b, bytes, (size_t)further + 1);
}

static void integer(struct buffer *b, int64_t n) {
  if (n < 0)
    head(b, NEGATIVE, (uint64_t)(-1 - n));
  else
    head(b, UNSIGNED, (uint64_t)n);
}

static void string(struct buffer *b, int major, const void *bytes, size_t length) {
  head(b, major, length);
  put(b, bytes, length);
}

static void text(struct buffer *b, const char *s) { string(b, TEXT, s, strlen(s)); }

/* --- The envelope: section 3. --- */

enum { MAX_ID = 64, MAX_HEADER = 320, LABEL_SEQUENCE = -70001, LABEL_PREVIOUS = -70002, SENML_CBOR = 112, EDDSA = -8 };

/* is_id keeps anything from the header that would need an escape. */
static int is_id(const char *s) {
  size_t length = s ? strlen(s) : 0;
  if (length == 0 || length > MAX_ID || strchr("_:-", s[0])) return 0;
  return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:-") == length;
}

/* protect writes the protected header. type is NULL for a pack, which has a number and the digest of the message before. */
static void protect(struct buffer *b, const struct wm_device *d, const char *type) {
  int chained = type == NULL && d->sequence > 0;
  head(b, MAP, type ? 4 : chained ? 6 : 5);
  integer(b, 1);
  integer(b, EDDSA);
  integer(b, 3);
  if (type) {
    static const char prefix[] = "application/";
    head(b, TEXT, strlen(prefix) + strlen(type));
    put(b, prefix, strlen(prefix));
    put(b, type, strlen(type));
  } else {
    integer(b, SENML_CBOR);
  }
  integer(b, 4);
  string(b, BYTES, d->key_id, strlen(d->key_id));
  integer(b, 15);
  head(b, MAP, 2);
  integer(b, 1);
  text(b, d->id);
  integer(b, 3);
  text(b, d->consortium);
  if (type) return;
  integer(b, LABEL_SEQUENCE);
  integer(b, (int64_t)d->sequence + 1);
  if (!chained) return;
  integer(b, LABEL_PREVIOUS);
  string(b, BYTES, d->previous, WM_DIGEST);
}

/* seal signs a payload and writes the message to out. It returns its length, or 0. digest is that of what was signed. */
static size_t seal(const struct wm_device *d, const char *type, const uint8_t *payload, size_t length, uint8_t *out,
                   size_t size, uint8_t digest[WM_DIGEST]) {
  uint8_t header[MAX_HEADER], signature[WM_SIGNATURE];
  struct buffer h = {header, sizeof header, 0, 0}, b = {out, size, 0, 0};
  if (!is_id(d->id) || !is_id(d->consortium) || !is_id(d->key_id)) return 0;
  protect(&h, d, type);
  if (h.full) return 0;

  head(&b, ARRAY, 4); /* what is signed; the message is written over it after that */
  text(&b, "Signature1");
  string(&b, BYTES, header, h.length);
  string(&b, BYTES, NULL, 0);
  string(&b, BYTES, payload, length);
  if (b.full || d->crypto.sign(d->crypto.context, out, b.length, signature) != 0) return 0;
  if (d->crypto.sha256(d->crypto.context, out, b.length, digest) != 0) return 0;

  b.length = 0;
  head(&b, TAG, 18);
  head(&b, ARRAY, 4);
  string(&b, BYTES, header, h.length);
  head(&b, MAP, 0);
  string(&b, BYTES, payload, length);
  string(&b, BYTES, signature, WM_SIGNATURE);
  return b.full ? 0 : b.length;
}

/* --- Packs: section 6. --- */

enum { SENML_BASE_TIME = -3, SENML_NAME = 0, SENML_UNIT = 1, SENML_VALUE = 2, DECIMAL = 4 };

static void record(struct buffer *b, const struct wm_reading *r, int first, uint64_t time) {
  head(b, MAP, first ? 4 : 3);
  integer(b, SENML_NAME);
  text(b, r->name);
  integer(b, SENML_UNIT);
  text(b, r->unit);
  integer(b, SENML_VALUE);
  if (r->exponent == 0) {
    integer(b, r->value);
  } else { /* a decimal fraction: no float can say 4.005 */
    head(b, TAG, DECIMAL);
    head(b, ARRAY, 2);
    integer(b, r->exponent);
    integer(b, r->value);
  }
  if (!first) return;
  integer(b, SENML_BASE_TIME); /* holds for the records that follow */
  integer(b, (int64_t)time);
}

size_t wm_pack(struct wm_device *d, uint64_t time, const struct wm_reading *readings, size_t count, uint8_t *out,
               uint8_t *scratch, size_t size) {
  uint8_t digest[WM_DIGEST];
  struct buffer payload = {scratch, size, 0, 0};
  head(&payload, ARRAY, count);
  for (size_t i = 0; i < count; i++) record(&payload, &readings[i], i == 0, time);
  if (count == 0 || payload.full) return 0;
  size_t length = seal(d, NULL, payload.bytes, payload.length, out, size, digest);
  if (length == 0) return 0;
  d->sequence++;
  memcpy(d->previous, digest, WM_DIGEST);
  return length;
}

size_t wm_statement(struct wm_device *d, const char *type, const char *payload, uint8_t *out, size_t size) {
  uint8_t digest[WM_DIGEST]; /* nothing chains to it */
  return seal(d, type, (const uint8_t *)payload, strlen(payload), out, size, digest);
}

size_t wm_text(const uint8_t *message, size_t length, char *out, size_t size) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t written = 0, needed = length / 3 * 4 + (length % 3 ? length % 3 + 1 : 0);
  if (needed >= size) return 0;
  uint32_t bits = 0;
  int have = 0;
  for (size_t i = 0; i < length; i++) {
    bits = bits << 8 | message[i];
    for (have += 8; have >= 6; have -= 6) out[written++] = alphabet[bits >> (have - 6) & 63];
  }
  if (have > 0) out[written++] = alphabet[bits << (6 - have) & 63];
  out[written] = 0;
  return written;
}
