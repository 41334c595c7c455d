// Attestations (docs/device-protocol.md, section 15): what a device says at a handoff.

import { hasOnly, ID, isNumber, isText, LAST_SECOND, readObject } from './strict.mjs';

const NONCE = /^[0-9a-f]{32}$/;
const STATES = ['intact', 'broken', 'missing', 'applied'];
const MAX_SEALS = 64;

function expect(holds, what) {
  if (!holds) throw new Error(`attestation: ${what}`);
}

// readAttestation returns what a payload says, with seals always there.
export function readAttestation(text) {
  const a = readObject(text, 'shipment', 'handoff', 'nonce', 'last', 'seals', 'at');
  const seals = a.seals === undefined ? [] : a.seals;
  expect(isText(a.shipment, ID) && isText(a.nonce, NONCE), 'shipment or nonce');
  expect(isNumber(a.handoff, 1) && isNumber(a.last, 0) && isNumber(a.at, 1, LAST_SECOND), 'numbers');
  expect(Array.isArray(seals) && seals.length <= MAX_SEALS, 'seals');
  for (const s of seals) expect(hasOnly(s, 'id', 'state') && isText(s.id, ID) && STATES.includes(s.state), 'a seal');
  expect(new Set(seals.map((s) => s.id)).size === seals.length, 'a seal twice');
  return { ...a, seals };
}

// writeAttestation is the payload that a device signs.
export function writeAttestation(shipment, { number, nonce }, last, seals, at) {
  const text = JSON.stringify({ shipment, handoff: number, nonce, last, seals, at });
  readAttestation(text);
  return text;
}
