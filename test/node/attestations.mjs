// Checks test/vectors/attestations.json: the good payloads are read, and signed in both
// envelopes to the very same text; the bad ones are refused.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readAttestation, writeAttestation } from './attestation.mjs';
import { signCOSE, signJWS } from './envelope.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
const { keys } = read('messages.json');
const { attestations } = read('attestations.json');

const header = { algorithm: 'EdDSA', keyID: 'k1', kind: 'vnd.waymark.attestation+json', device: 'logger-1', consortium: 'waymark' };

let [good, bad] = [0, 0];
for (const v of attestations) {
  try {
    if (v.code) {
      assert.throws(() => readAttestation(v.payload));
      bad += 1;
      continue;
    }
    assert.deepEqual(readAttestation(v.payload), v.attestation);
    assert.equal((await signJWS(keys.ed25519, header, v.payload)).text, v.jws);
    assert.equal(signCOSE(keys.ed25519, header, v.payload).text, v.cose);
    good += 1;
  } catch (error) {
    throw new Error(`attestation ${v.name}: ${error.message}`, { cause: error });
  }
}
const { payload, attestation: a } = attestations.find((v) => v.name === 'intact');
assert.equal(writeAttestation(a.shipment, { number: a.handoff, nonce: a.nonce }, a.last, a.seals, a.at), payload);
assert.ok(good >= 5 && bad >= 40, `only ${good} good and ${bad} bad attestations`);
console.log(`${good} attestations are read and signed, ${bad} are refused`);
