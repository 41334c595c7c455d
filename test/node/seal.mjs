// Sealed readings (docs/device-protocol.md, section 14): a disclosure is a salt and a
// record with the value; the pack shows its hash.

import { createHash, randomBytes } from 'node:crypto';
import { encode } from './cbor.mjs';

const SALT_BYTES = 16;

export const newSalt = () => randomBytes(SALT_BYTES);

const hash = (bytes) => createHash('sha256').update(bytes).digest();

// sealJSON takes the members of a record that hold the value and its unit, as in
// {u: 'Cel', v: 4.25}; sealCBOR takes them by their labels, in a Map.
export function sealJSON(salt, record) {
  const disclosure = Buffer.from(JSON.stringify([salt.toString('base64url'), record]));
  return { disclosure, seal: hash(disclosure) };
}

export function sealCBOR(salt, record) {
  const disclosure = encode([salt, record]);
  return { disclosure, seal: hash(disclosure) };
}

// withDisclosures is what a device publishes.
export function withDisclosures(text, disclosures) {
  if (disclosures.length === 0) return text;
  return `${text}~${disclosures.map((d) => `${d.toString('base64url')}~`).join('')}`;
}

export function split(text) {
  const [message, ...rest] = text.split('~');
  return { message, disclosures: rest.slice(0, -1).map((d) => Buffer.from(d, 'base64url')) };
}
