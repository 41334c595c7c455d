// A device: its key, its chain, its statements. State is kept in memory, because
// each run makes new devices; a real one keeps it as section 7 says.

import { generateKeyPairSync } from 'node:crypto';
import { signCOSE, signJWS } from './envelope.mjs';
import { writeAttestation } from './attestation.mjs';
import { encode, Tagged } from './cbor.mjs';
import { frees, writeInquiry } from './commit.mjs';

export class Device {
  #key;
  #sequence = 0;
  #previous;
  #waiting = []; // messages that are not known to be on the ledger, oldest first: {raw, digest, sequence}

  constructor({ id, owner, consortium, algorithm, format }) {
    Object.assign(this, { id, owner, consortium, algorithm, format, keyID: 'k1' });
    const pair = algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    this.#key = pair.privateKey.export({ format: 'jwk' });
  }

  #header(kind) {
    return { algorithm: this.algorithm, keyID: this.keyID, kind, device: this.id, consortium: this.consortium };
  }

  #sign(header, payload) {
    return this.format === 'cose' ? signCOSE(this.#key, header, payload) : signJWS(this.#key, header, payload);
  }

  async registration() {
    const { kty, crv, x, y } = this.#key;
    const statement = { device: this.id, owner: this.owner, model: 'Node', key_id: this.keyID, jwk: { kty, crv, x, y } };
    const signed = await this.#sign(this.#header('vnd.waymark.registration+json'), JSON.stringify(statement));
    return signed.text;
  }

  async password() {
    const now = Math.floor(Date.now() / 1000);
    const signed = await this.#sign(this.#header('vnd.waymark.connect+json'), JSON.stringify({ iat: now, exp: now + 3600 }));
    return signed.text;
  }

  // attestation is the device's word at a handoff, as a gateway shows it: what it has signed
  // and what it found of the seals, [{id, state}].
  async attestation(shipment, handoff, seals) {
    const payload = writeAttestation(shipment, handoff, this.#sequence, seals, Math.floor(Date.now() / 1000));
    const signed = await this.#sign(this.#header('vnd.waymark.attestation+json'), payload);
    return signed.text;
  }

  // pack signs the next message: a temperature in hundredths of a degree, and a
  // humidity in whole per cent, both now.
  async pack(centiCelsius, percent) {
    const now = Date.now();
    const kind = this.format === 'cose' ? 'senml+cbor' : 'senml+json';
    const payload = this.format === 'cose'
      ? encode([
          new Map([[0, 'temperature'], [1, 'Cel'], [2, new Tagged(4, [-2, centiCelsius])], [-3, new Tagged(4, [-3, now])]]),
          new Map([[0, 'humidity'], [1, '%RH'], [2, percent]]),
        ])
      : JSON.stringify([
          { bt: now / 1000, n: 'temperature', u: 'Cel', v: centiCelsius / 100 },
          { n: 'humidity', u: '%RH', v: percent },
        ]);
    const header = { ...this.#header(kind), sequence: this.#sequence + 1, previous: this.#previous };
    const signed = await this.#sign(header, payload);
    this.#sequence += 1;
    this.#previous = signed.digest;
    const message = { ...signed, sequence: this.#sequence };
    this.#waiting.push(message);
    return message;
  }

  get waiting() {
    return [...this.#waiting];
  }

  // inquiry is what is published to ask what became of a message.
  async inquiry(number) {
    return (await this.#sign(this.#header('vnd.waymark.inquiry+json'), writeInquiry(number))).raw;
  }

  // free forgets the messages that a commit receipt lets it forget.
  free(receipt) {
    this.#waiting = this.#waiting.filter((message) => !frees(receipt, message));
  }
}
