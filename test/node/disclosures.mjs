// Checks test/vectors/disclosures.json: each reading that is given with a salt is sealed
// again to the very same disclosure and hash, each other good one has the hash that is
// given, and the messages are put together, and signed, to the same text.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encode, Tagged } from './cbor.mjs';
import { signCOSE, signJWS } from './envelope.mjs';
import { sealCBOR, sealJSON, split, withDisclosures } from './seal.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
const { keys } = read('messages.json');
const { vectors, messages } = read('disclosures.json');

const DECIMALS = { Cel: 2, '%RH': 2, lon: 7, 'm/s2': 3, W: 6 };
const bytesOf = (v) => (v.hex ? Buffer.from(v.hex, 'hex') : Buffer.from(v.json ?? ''));

// decimal is [exponent, mantissa] without trailing zeros.
function decimal(value, unit) {
  let [exponent, mantissa] = [-DECIMALS[unit], value];
  while (exponent < 0 && mantissa % 10 === 0) [exponent, mantissa] = [exponent + 1, mantissa / 10];
  return [exponent, mantissa];
}

// recordJSON and recordCBOR are the record of a disclosure, from a reading as the vectors
// write it.
function recordJSON({ kind = 'number', unit, value, text, data }) {
  if (kind === 'boolean') return { vb: value !== 0 };
  if (kind === 'text') return { vs: text };
  if (kind === 'data') return { vd: Buffer.from(data, 'hex').toString('base64url') };
  const number = value / 10 ** DECIMALS[unit];
  return kind === 'sum' ? { u: unit, s: number } : { u: unit, v: number };
}

function recordCBOR({ kind = 'number', unit, value, text, data }) {
  if (kind === 'boolean') return new Map([[4, value !== 0]]);
  if (kind === 'text') return new Map([[3, text]]);
  if (kind === 'data') return new Map([[8, Buffer.from(data, 'hex')]]);
  const [exponent, mantissa] = decimal(value, unit);
  return new Map([[1, unit], [kind === 'sum' ? 5 : 2, exponent === 0 ? mantissa : new Tagged(4, [exponent, mantissa])]]);
}

const seal = (v, salt) => (v.hex ? sealCBOR(salt, recordCBOR(v.reading)) : sealJSON(salt, recordJSON(v.reading)));

function checkSealed(v) {
  const { disclosure, seal: sealed } = seal(v, Buffer.from(v.salt, 'hex'));
  assert.equal(disclosure.toString('hex'), bytesOf(v).toString('hex'));
  assert.equal(sealed.toString('hex'), v.seal);
  return disclosure;
}

// pack is the pack of the example messages: a temperature in the open, two sealed.
function pack(m, seals) {
  if (m.payload) {
    return JSON.stringify([
      { bt: 1772352000, n: 'temperature', u: 'Cel', v: 4.25 },
      ...seals.map(([name, hash]) => ({ n: name, vd: hash.toString('base64url') })),
    ]);
  }
  return encode([
    new Map([[0, 'temperature'], [1, 'Cel'], [2, new Tagged(4, [-2, 425])], [-3, 1772352000]]),
    ...seals.map(([name, hash]) => new Map([[0, name], [8, hash]])),
  ]);
}

async function checkMessage(m) {
  const disclosures = m.disclosures.map(checkSealed);
  const payload = pack(m, m.disclosures.map((d) => [d.reading.name, Buffer.from(d.seal, 'hex')]));
  assert.equal(Buffer.from(payload).toString('hex'), m.payload_hex ?? Buffer.from(m.payload).toString('hex'));
  const header = { algorithm: 'EdDSA', keyID: 'k1', device: 'logger-1', consortium: 'waymark', sequence: 1,
    kind: m.payload ? 'senml+json' : 'senml+cbor' };
  const signed = m.payload ? await signJWS(keys[m.key], header, payload) : signCOSE(keys[m.key], header, payload);
  assert.equal(signed.text, m.message);
  assert.equal(withDisclosures(signed.text, disclosures), m.text);
  assert.deepEqual(split(m.text), { message: m.message, disclosures });
}

let sealed = 0;
for (const v of vectors.filter(({ code }) => code === undefined)) {
  try {
    assert.equal(createHash('sha256').update(bytesOf(v)).digest('hex'), v.seal);
    if (v.salt) sealed += (checkSealed(v), 1);
  } catch (error) {
    throw new Error(`vector ${v.name}: ${error.message}`, { cause: error });
  }
}
for (const m of messages) await checkMessage(m);
assert.ok(sealed >= 20 && messages.length >= 2, `only ${sealed} sealed readings and ${messages.length} messages`);
console.log(`${sealed} readings seal to their disclosures, ${messages.length} messages with disclosures are put together`);
