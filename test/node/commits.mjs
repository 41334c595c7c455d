// Checks test/vectors: the commit receipts and inquiries of statements.json are read and signed, or refused, and what the bridge of
// messages.json has signed is believed in both envelopes, and frees what it means; what another has signed is not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { frees, hearCommit, readCommit, writeInquiry } from './commit.mjs';
import { signCOSE, signJWS } from './envelope.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
const { keys, vectors } = read('messages.json');
const vector = (name) => vectors.find((v) => v.name === name);
const rawOf = (v) => (v.text.includes('.') ? Buffer.from(v.text) : Buffer.from(v.text, 'base64url'));

let [good, bad] = [0, 0];
for (const v of read('statements.json').statements.filter(({ kind }) => kind === 'vnd.waymark.commit+json')) {
  try {
    if (v.code) bad += (assert.throws(() => readCommit(v.payload)), 1);
    else good += (assert.deepEqual(readCommit(v.payload), v.says), 1);
  } catch (error) {
    throw new Error(`commit receipt ${v.name}: ${error.message}`, { cause: error });
  }
}
assert.ok(good >= 5 && bad >= 40, `only ${good} good and ${bad} bad commit receipts`);

const asks = { algorithm: 'EdDSA', keyID: 'k1', kind: 'vnd.waymark.inquiry+json', device: 'logger-1', consortium: 'waymark' };
assert.equal((await signJWS(keys.ed25519, asks, writeInquiry(1))).text, vector('inquiry-jws').text);
assert.equal(signCOSE(keys.ed25519, asks, writeInquiry(1)).text, vector('inquiry-cose').text);

const bridge = { iss: 'bridge', kid: 'b1', jwk: keys['ed25519-other'] };
const device = { id: 'logger-1', consortium: 'waymark' };
const message = (name) => ({ sequence: vector(name).header.sequence, digest: Buffer.from(vector(name).digest, 'hex') });
const other = (sequence) => ({ sequence, digest: Buffer.alloc(32) });
for (const form of ['jws', 'cose']) {
  const hear = (name) => hearCommit(rawOf(vector(`${name}-${form}`)), bridge, device);
  const recorded = await hear('commit');
  const quarantined = await hear('commit-quarantined');
  for (const [receipt, about, want] of [
    [recorded, message('jws-ed25519-1'), true],
    [recorded, other(1), true],
    [recorded, message('jws-ed25519-2'), false],
    [quarantined, message('jws-ed25519-2'), true],
    [quarantined, other(2), false],
    [await hear('commit-unknown'), other(3), false],
    [await hear('commit-unreadable'), other(4), false],
  ]) {
    assert.equal(frees(receipt, about), want, JSON.stringify(receipt));
  }
  const raw = rawOf(vector(`commit-${form}`));
  const flipped = Buffer.from(raw);
  flipped[form === 'jws' ? 150 : 120] ^= 1;
  for (const [from, to, bytes] of [
    [{ ...bridge, jwk: keys.ed25519 }, device, raw],
    [{ ...bridge, iss: 'bridge-2' }, device, raw],
    [{ ...bridge, kid: 'b2' }, device, raw],
    [bridge, { ...device, id: 'logger-2' }, raw],
    [bridge, { ...device, consortium: 'other' }, raw],
    [bridge, device, flipped],
    [bridge, device, raw.subarray(0, raw.length - 1)],
    [bridge, device, rawOf(vector(`command-${form}`))],
    [bridge, device, rawOf(vector(`inquiry-${form}`))],
  ]) {
    await assert.rejects(hearCommit(bytes, from, to));
  }
}
console.log(`${good} commit receipts are read, ${bad} are refused, and only the bridge's own free a message`);
