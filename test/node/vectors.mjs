// Checks test/vectors/messages.json with jose and node:crypto: good messages
// verify and have their digest, deterministic ones are signed again to the very
// same text, and forged ones do not verify. ML-DSA-44 is passed over: node has it
// from version 24 on only, and this device does not use it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { compactVerify, importJWK } from 'jose';
import { decode, Tagged } from './cbor.mjs';
import { digest, PREVIOUS, SEQUENCE, signatureStructure, signCOSE, signJWS, verifyCOSE } from './envelope.mjs';

const { keys, vectors } = JSON.parse(readFileSync(new URL('../vectors/messages.json', import.meta.url), 'utf8'));
const algorithmOf = (jwk) => (jwk.kty === 'EC' ? 'ES256' : 'EdDSA');
const isJWS = (v) => v.text.includes('.');
const payloadOf = (v) => (v.payload_hex ? Buffer.from(v.payload_hex, 'hex') : Buffer.from(v.payload ?? ''));

// publicKey leaves out the private half and the note of where it is published.
const publicKey = (jwk) => importJWK({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, algorithmOf(jwk));

function headerOf(v, algorithm) {
  const { device, consortium, key_id: keyID, kind, sequence, previous } = v.header;
  return { algorithm, keyID, kind, device, consortium, sequence, previous: previous && Buffer.from(previous, 'hex') };
}

async function verifyJWS(v, jwk) {
  const algorithms = [algorithmOf(jwk)]; // the key decides, not the message
  return compactVerify(v.text, await publicKey(jwk), { algorithms });
}

async function checkJWS(v, jwk) {
  const { payload, protectedHeader } = await verifyJWS(v, jwk);
  assert.deepEqual(Buffer.from(payload), payloadOf(v));
  const header = headerOf(v, algorithmOf(jwk));
  assert.equal(protectedHeader.seq, header.sequence);
  assert.equal(protectedHeader.prev, header.previous?.toString('base64url'));
  assert.equal(digest(v.text.slice(0, v.text.lastIndexOf('.'))).toString('hex'), v.digest);
  if (jwk.kty !== 'OKP' || v.name === 'jws-other-order') return;
  assert.equal((await signJWS(jwk, header, payloadOf(v))).text, v.text);
}

function checkCOSE(v, jwk) {
  const { message, signed, signature } = openCOSE(v);
  assert.equal(signed.toString('hex'), v.signed_hex);
  assert.ok(verifyCOSE(jwk, signed, signature));
  assert.equal(digest(signed).toString('hex'), v.digest);
  const header = headerOf(v, algorithmOf(jwk));
  const labels = decode(message[0]);
  assert.equal(labels.get(SEQUENCE), header.sequence);
  assert.deepEqual(labels.get(PREVIOUS), header.previous);
  if (jwk.kty !== 'OKP' || v.name.includes('rfc9864')) return;
  assert.equal(signCOSE(jwk, header, payloadOf(v)).text, v.text);
}

function openCOSE(v) {
  const tagged = decode(Buffer.from(v.text, 'base64url'));
  assert.ok(tagged instanceof Tagged && tagged.tag === 18);
  const message = tagged.value;
  return { message, signed: signatureStructure(message[0], message[2]), signature: message[3] };
}

async function checkForged(v, jwk) {
  if (isJWS(v)) return assert.rejects(verifyJWS(v, jwk));
  const { message, signed, signature } = openCOSE(v);
  const named = decode(message[0]).get(1);
  const allowed = jwk.kty === 'EC' ? [-7, -9] : [-8, -19];
  return assert.ok(!allowed.includes(named) || !verifyCOSE(jwk, signed, signature));
}

let good = 0;
let forged = 0;
let passed = 0;
for (const v of vectors) {
  const jwk = keys[v.key];
  if (jwk.kty === 'AKP') {
    passed += 1;
    continue;
  }
  try {
    if (v.stage === 'verify') forged += (await checkForged(v, jwk), 1);
    else if (v.stage === undefined) good += (await (isJWS(v) ? checkJWS(v, jwk) : checkCOSE(v, jwk)), 1);
  } catch (error) {
    throw new Error(`vector ${v.name}: ${error.message}`, { cause: error });
  }
}
assert.ok(good >= 15 && forged >= 10, `only ${good} good and ${forged} forged messages`);
console.log(`${good} good messages verify, ${forged} forged ones do not, ${passed} with ML-DSA-44 passed over`);
