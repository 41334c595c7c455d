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

#define DIGITS "0123456789"
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

static const uint64_t last_number = 9007199254740991, last_second = 253402300799;

/* is_word says whether s is 1 to most characters: one of first, and then of first and more. */
static int is_word(const char *s, size_t most, const char *first, const char *more) {
  size_t length = s ? strlen(s) : 0, at = 1;
  if (length == 0 || length > most || !strchr(first, s[0])) return 0;
  while (at < length && (strchr(first, s[at]) || strchr(more, s[at]))) at++;
  return at == length;
}

/* is_id keeps anything from the header that would need an escape. */
static int is_id(const char *s) { return is_word(s, MAX_ID, ALNUM, "_:-"); }

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

/* is_unit says whether s has the form of a unit: as Cel, %RH, m/s2, or / alone for a ratio. */
static int is_unit(const char *s) { return is_word(s, 16, ALNUM "%", "/_-") || is_word(s, 16, "/", DIGITS); }

/* in_range says whether the ledger can keep value * 10^exponent with the 7 decimals that it keeps of some units. */
static int in_range(int64_t value, int exponent) {
  static const uint64_t most = 900000000000;
  uint64_t n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  if (exponent < -40 || exponent > 40) return 0;
  for (; exponent < 0 && n > 0; exponent++) n /= 10;
  for (; exponent > 0 && n > 0 && n <= most; exponent--) n *= 10;
  return n <= most;
}

/* can_be says whether the ledger takes such a pack: a number that is used for what it refuses is a gap for ever. */
static int can_be(uint64_t time, const struct wm_reading *readings, size_t count) {
  static const uint64_t first_second = 1 << 28; /* times below it are relative to now */
  if (count == 0 || time < first_second || time > last_second) return 0;
  for (size_t i = 0; i < count; i++) {
    const struct wm_reading *r = &readings[i];
    if (!is_word(r->name, MAX_ID, ALNUM, ":./_-") || !is_unit(r->unit) || !in_range(r->value, r->exponent)) return 0;
  }
  return 1;
}

size_t wm_pack(struct wm_device *d, uint64_t time, const struct wm_reading *readings, size_t count, uint8_t *out,
               uint8_t *scratch, size_t size) {
  uint8_t digest[WM_DIGEST];
  struct buffer payload = {scratch, size, 0, 0};
  if (!can_be(time, readings, count) || d->sequence >= last_number) return 0;
  head(&payload, ARRAY, count);
  for (size_t i = 0; i < count; i++) record(&payload, &readings[i], i == 0, time);
  if (payload.full) return 0;
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

size_t wm_inquiry(struct wm_device *d, uint64_t number, uint8_t *out, size_t size) {
  char payload[40] = "{\"number\":", digits[20];
  if (number == 0 || number > last_number) return 0;
  size_t length = strlen(payload), count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  while (count > 0) payload[length++] = digits[--count];
  payload[length++] = '}';
  payload[length] = 0;
  return wm_statement(d, "vnd.waymark.inquiry+json", payload, out, size);
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

/* --- What a bridge says: sections 5 and 16. Its header is the one that it must have, so it is compared and not read. --- */

/* bytes_head reads the head of a byte string of less than 64 KiB. It returns how long the head is, or 0. */
static size_t bytes_head(const uint8_t *at, size_t left, size_t *length) {
  if (left < 3 || at[0] >> 5 != BYTES) return 0;
  int info = at[0] & 31;
  *length = info < 24 ? (size_t)info : info == 24 ? at[1] : (size_t)(at[1] << 8 | at[2]);
  return info < 24 ? 1 : info == 24 ? 2 : info == 25 ? 3 : 0;
}

/* unseal finds the payload of a bridge's message, and checks the signature. It returns the payload's length, or 0. */
static size_t unseal(const struct wm_device *d, const struct wm_bridge *bridge, const uint8_t *message, size_t length,
                     uint8_t *scratch, size_t size, const uint8_t **payload) {
  uint8_t header[MAX_HEADER], start[MAX_HEADER + 8];
  struct buffer h = {header, sizeof header, 0, 0}, s = {start, sizeof start, 0, 0}, b = {scratch, size, 0, 0};
  struct wm_device as = *d;
  as.id = bridge->id;
  as.key_id = bridge->key_id;
  if (!is_id(as.id) || !is_id(as.key_id) || !is_id(as.consortium)) return 0;
  protect(&h, &as, "vnd.waymark.commit+json");
  head(&s, TAG, 18);
  head(&s, ARRAY, 4);
  string(&s, BYTES, header, h.length);
  head(&s, MAP, 0);
  if (h.full || s.full || length < s.length || memcmp(message, start, s.length) != 0) return 0;

  const uint8_t *at = message + s.length, signed_by[] = {BYTES << 5 | 24, WM_SIGNATURE};
  size_t left = length - s.length, content = 0, skip = bytes_head(at, left, &content);
  if (skip == 0 || left != skip + content + sizeof signed_by + WM_SIGNATURE) return 0;
  *payload = at + skip;
  if (memcmp(*payload + content, signed_by, sizeof signed_by) != 0) return 0;

  head(&b, ARRAY, 4);
  text(&b, "Signature1");
  string(&b, BYTES, header, h.length);
  string(&b, BYTES, NULL, 0);
  string(&b, BYTES, *payload, content);
  const uint8_t *signature = *payload + content + sizeof signed_by;
  if (b.full || d->crypto.verify(d->crypto.context, bridge->key, scratch, b.length, signature) != 0) return 0;
  return content;
}

/* span is a piece of JSON. A text is without its quotes. */
struct span {
  const char *at;
  size_t length;
  int is_text;
};

static int is(struct span s, const char *what) { return s.length == strlen(what) && memcmp(s.at, what, s.length) == 0; }

/* scan steps over white space, and then over c. */
static int scan(struct span *rest, char c) {
  while (rest->length > 0 && strchr(" \t\r\n", *rest->at) && *rest->at) rest->at++, rest->length--;
  if (rest->length == 0 || *rest->at != c) return 0;
  rest->at++, rest->length--;
  return 1;
}

/* value reads a text without escapes, or digits: a receipt has nothing else. */
static int value(struct span *rest, struct span *v) {
  v->is_text = scan(rest, '"');
  v->at = rest->at;
  const char *allowed = v->is_text ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:-" : "0123456789";
  while (rest->length > 0 && *rest->at && strchr(allowed, *rest->at)) rest->at++, rest->length--;
  v->length = (size_t)(rest->at - v->at);
  if (v->length == 0 || !v->is_text) return v->length > 0;
  if (rest->length == 0 || *rest->at != '"') return 0;
  rest->at++, rest->length--;
  return 1;
}

static int whole(struct span v, uint64_t most, uint64_t *n) {
  if (v.is_text || v.length > 16 || v.at[0] == '0') return 0;
  *n = 0;
  for (size_t i = 0; i < v.length; i++) *n = *n * 10 + (uint64_t)(v.at[i] - '0');
  return *n <= most;
}

/* hex reads length bytes in lower-case digits; out may be NULL. */
static int hex(struct span v, size_t length, uint8_t *out) {
  static const char digits[] = "0123456789abcdef";
  if (!v.is_text || v.length != 2 * length) return 0;
  for (size_t i = 0; i < v.length; i++) {
    const char *digit = memchr(digits, v.at[i], 16);
    if (!digit) return 0;
    if (out) out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
  }
  return 1;
}

static int state(struct span v, enum wm_state *s) {
  static const char *const names[] = {"unknown", "recorded", "quarantined", "unreadable"};
  for (size_t i = 0; i < 4; i++) {
    if (!v.is_text || !is(v, names[i])) continue;
    *s = (enum wm_state)i;
    return 1;
  }
  return 0;
}

enum { DEVICE = 1, NUMBER = 2, STATE = 4, AT = 8, DIGEST = 16, TRANSACTION = 32, BLOCK = 64, CODE = 128 };

/* member takes in one member. It returns its bit, or 0 if its value cannot be. */
static int member(const struct wm_device *d, struct wm_commit *c, struct span name, struct span v) {
  uint64_t n;
  if (is(name, "device")) return v.is_text && is(v, d->id) ? DEVICE : 0;
  if (is(name, "number")) return whole(v, last_number, &c->number) ? NUMBER : 0;
  if (is(name, "state")) return state(v, &c->state) ? STATE : 0;
  if (is(name, "at")) return whole(v, last_second, &n) ? AT : 0;
  if (is(name, "digest")) return hex(v, WM_COMMIT, c->digest) ? DIGEST : 0;
  if (is(name, "tx_id")) return hex(v, 32, NULL) ? TRANSACTION : 0;
  if (is(name, "block")) return whole(v, last_number, &n) ? BLOCK : 0;
  if (is(name, "code")) return v.is_text && v.length <= MAX_ID && !strchr("_:-", v.at[0]) ? CODE : 0;
  return 0;
}

/* read_commit reads a flat JSON object with the members that its state asks for, each once, and no others. */
static int read_commit(const struct wm_device *d, struct span rest, struct wm_commit *c) {
  int seen = 0, bit;
  if (rest.length == 0 || rest.at[0] != '{' || !scan(&rest, '{')) return 0;
  do {
    struct span name, v;
    if (!value(&rest, &name) || !name.is_text || !scan(&rest, ':') || !value(&rest, &v)) return 0;
    bit = member(d, c, name, v);
    if (bit == 0 || seen & bit) return 0;
    seen |= bit;
  } while (scan(&rest, ','));
  if (!scan(&rest, '}') || scan(&rest, 0) || rest.length > 0) return 0;
  int more = c->state == WM_UNKNOWN ? 0 : c->state == WM_RECORDED ? DIGEST | TRANSACTION | BLOCK : DIGEST | CODE;
  return seen == (DEVICE | NUMBER | STATE | AT | more);
}

int wm_hear(const struct wm_device *d, const struct wm_bridge *bridge, const uint8_t *message, size_t length,
            uint8_t *scratch, size_t size, struct wm_commit *commit) {
  const uint8_t *payload = NULL;
  size_t content = unseal(d, bridge, message, length, scratch, size, &payload);
  struct span all = {(const char *)payload, content, 0};
  memset(commit, 0, sizeof *commit);
  return content > 0 && read_commit(d, all, commit) ? 0 : -1;
}

int wm_frees(const struct wm_commit *c, uint64_t number, const uint8_t digest[WM_DIGEST]) {
  if (c->number != number) return 0;
  if (c->state == WM_RECORDED) return 1; /* this message, or another of its number: then it is refused for good */
  return c->state == WM_QUARANTINED && memcmp(c->digest, digest, WM_COMMIT) == 0;
}
