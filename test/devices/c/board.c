/* The functions that a board brings, here by OpenSSL's libcrypto, and what makes a program of it: each line of
 * standard input is something to sign, and a line of standard output what came of it, so that it can be held
 * against test/vectors (devices_test.go does).
 *
 *   pack SEQUENCE PREVIOUS TIME NAME UNIT VALUE EXPONENT [NAME UNIT VALUE EXPONENT]...   prints MESSAGE DIGEST in hex
 *   statement TYPE PAYLOAD                                                               prints the text form
 *   inquiry NUMBER                                                                       prints the text form
 *   hear BRIDGE KEY PUBLIC NUMBER DIGEST MESSAGE        prints free or keep: what the message from the bridge, in hex, says
 *                                                       of the one of that number and digest
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "waymark.h"

enum { MESSAGE = 2048, LINE = 4096, READINGS = 32 };

static int sign(void *context, const uint8_t *message, size_t size, uint8_t signature[WM_SIGNATURE]) {
  size_t length = WM_SIGNATURE;
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  int ok = md && EVP_DigestSignInit(md, NULL, NULL, NULL, context) == 1 &&
           EVP_DigestSign(md, signature, &length, message, size) == 1 && length == WM_SIGNATURE;
  EVP_MD_CTX_free(md);
  return ok ? 0 : -1;
}

static int sha256(void *context, const uint8_t *message, size_t size, uint8_t digest[WM_DIGEST]) {
  (void)context;
  return EVP_Digest(message, size, digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

static int verify(void *context, const uint8_t key[WM_KEY], const uint8_t *message, size_t size,
                  const uint8_t signature[WM_SIGNATURE]) {
  (void)context;
  EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, WM_KEY);
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  int ok = public && md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, public) == 1 &&
           EVP_DigestVerify(md, signature, WM_SIGNATURE, message, size) == 1;
  EVP_MD_CTX_free(md);
  EVP_PKEY_free(public);
  return ok ? 0 : -1;
}

static void print_hex(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) printf("%02x", bytes[i]);
}

static int read_hex(const char *s, uint8_t *out, size_t length) {
  if (!s || strlen(s) != 2 * length) return -1;
  for (size_t i = 0; i < length; i++) {
    unsigned byte;
    if (sscanf(s + 2 * i, "%2x", &byte) != 1) return -1;
    out[i] = (uint8_t)byte;
  }
  return 0;
}

static int pack(struct wm_device *device) {
  static uint8_t out[MESSAGE], scratch[MESSAGE];
  struct wm_reading readings[READINGS];
  size_t count = 0;
  const char *sequence = strtok(NULL, " "), *previous = strtok(NULL, " "), *time = strtok(NULL, " ");
  if (!sequence || !previous || !time) return -1;
  device->sequence = strtoull(sequence, NULL, 10) - 1;
  if (device->sequence > 0 && read_hex(previous, device->previous, WM_DIGEST) != 0) return -1;
  for (const char *name; count < READINGS && (name = strtok(NULL, " ")) != NULL; count++) {
    const char *unit = strtok(NULL, " "), *value = strtok(NULL, " "), *exponent = strtok(NULL, " ");
    if (!unit || !value || !exponent) return -1;
    readings[count] = (struct wm_reading){name, unit, strtoll(value, NULL, 10), atoi(exponent)};
  }
  size_t length = wm_pack(device, strtoull(time, NULL, 10), readings, count, out, scratch, sizeof out);
  if (length == 0) return -1;
  print_hex(out, length);
  putchar(' ');
  print_hex(device->previous, WM_DIGEST);
  return 0;
}

static int print_text(const uint8_t *out, size_t length) {
  static char form[2 * MESSAGE];
  if (length == 0 || wm_text(out, length, form, sizeof form) == 0) return -1;
  fputs(form, stdout);
  return 0;
}

static int statement(struct wm_device *device) {
  static uint8_t out[MESSAGE];
  const char *type = strtok(NULL, " "), *payload = strtok(NULL, "");
  if (!type || !payload) return -1;
  return print_text(out, wm_statement(device, type, payload, out, sizeof out));
}

static int inquiry(struct wm_device *device) {
  static uint8_t out[MESSAGE];
  const char *number = strtok(NULL, " ");
  return number ? print_text(out, wm_inquiry(device, strtoull(number, NULL, 10), out, sizeof out)) : -1;
}

static int hear(struct wm_device *device) {
  static uint8_t message[MESSAGE], scratch[MESSAGE];
  uint8_t digest[WM_DIGEST];
  struct wm_commit commit;
  struct wm_bridge bridge;
  bridge.id = strtok(NULL, " ");
  bridge.key_id = strtok(NULL, " ");
  const char *key = strtok(NULL, " "), *number = strtok(NULL, " "), *hash = strtok(NULL, " "), *heard = strtok(NULL, " ");
  if (!heard || read_hex(key, bridge.key, WM_KEY) != 0 || read_hex(hash, digest, WM_DIGEST) != 0) return -1;
  size_t length = strlen(heard) / 2;
  if (length > sizeof message || read_hex(heard, message, length) != 0) return -1;
  if (wm_hear(device, &bridge, message, length, scratch, sizeof scratch, &commit) != 0) return -1;
  fputs(wm_frees(&commit, strtoull(number, NULL, 10), digest) ? "free" : "keep", stdout);
  return 0;
}

static int answer(const char *what, struct wm_device *device) {
  static const struct {
    const char *name;
    int (*act)(struct wm_device *);
  } known[] = {{"pack", pack}, {"statement", statement}, {"inquiry", inquiry}, {"hear", hear}};
  for (size_t i = 0; what && i < sizeof known / sizeof *known; i++)
    if (strcmp(what, known[i].name) == 0) return known[i].act(device);
  return -1;
}

/* board SEED DEVICE CONSORTIUM KEY: the seed is the private key of RFC 8032, 32 bytes in hex. */
int main(int argc, char **argv) {
  static char line[LINE];
  uint8_t seed[32];
  if (argc != 5 || read_hex(argv[1], seed, sizeof seed) != 0) return 2;
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
  if (!key) return 2;
  struct wm_device device = {{key, sign, sha256, verify}, argv[2], argv[3], argv[4], 0, {0}};
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    puts(answer(strtok(line, " "), &device) == 0 ? "" : "failed");
    fflush(stdout);
  }
  EVP_PKEY_free(key);
  return 0;
}
