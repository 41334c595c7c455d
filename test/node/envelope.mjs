// The two envelopes of docs/device-protocol.md, sections 3 and 7.

import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { decode, encode, Tagged } from './cbor.mjs';

export const SEQUENCE = -70001;
export const PREVIOUS = -70002;
const COSE_ALGORITHM = { EdDSA: -8, ES256: -7 };
const CONTENT_FORMAT = { 'senml+json': 110, 'senml+cbor': 112 };

export const digest = (signed) => createHash('sha256').update(signed).digest();

// A message's header as the protocol names its parts: {algorithm, keyID, kind,
// device, consortium, sequence, previous}; the last two may be absent.

export async function signJWS(privateJWK, header, payload) {
  const protectedHeader = {
    alg: header.algorithm, kid: header.keyID, cty: header.kind, iss: header.device, aud: header.consortium,
  };
  if (header.sequence) protectedHeader.seq = header.sequence;
  if (header.previous) protectedHeader.prev = header.previous.toString('base64url');
  const key = createPrivateKey({ key: privateJWK, format: 'jwk' });
  const text = await new CompactSign(Buffer.from(payload)).setProtectedHeader(protectedHeader).sign(key);
  return { raw: Buffer.from(text, 'ascii'), text, digest: digest(text.slice(0, text.lastIndexOf('.'))) };
}

function protectedHeaderOf(header) {
  const protectedHeader = new Map([
    [1, COSE_ALGORITHM[header.algorithm]],
    [3, CONTENT_FORMAT[header.kind] ?? `application/${header.kind}`],
    [4, Buffer.from(header.keyID)],
    [15, new Map([[1, header.device], [3, header.consortium]])],
  ]);
  if (header.sequence) protectedHeader.set(SEQUENCE, header.sequence);
  if (header.previous) protectedHeader.set(PREVIOUS, header.previous);
  return encode(protectedHeader);
}

export function signCOSE(privateJWK, header, payload) {
  const head = protectedHeaderOf(header);
  const signed = signatureStructure(head, Buffer.from(payload));
  const key = createPrivateKey({ key: privateJWK, format: 'jwk' });
  const signature = sign(header.algorithm === 'ES256' ? 'sha256' : null, signed, { key, dsaEncoding: 'ieee-p1363' });
  const raw = encode(new Tagged(18, [head, new Map(), Buffer.from(payload), signature]));
  return { raw, text: raw.toString('base64url'), digest: digest(signed) };
}

export function signatureStructure(head, payload) {
  return encode(['Signature1', head, Buffer.alloc(0), payload]);
}

export function verifyCOSE(jwk, signed, signature) {
  const key = createPublicKey({ key: { ...jwk, d: undefined }, format: 'jwk' });
  return verify(jwk.kty === 'EC' ? 'sha256' : null, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

// What follows opens a statement that a bridge has signed with its Ed25519 key: its header has these parameters and no others.
const STATEMENT = { alg: 'algorithm', kid: 'keyID', cty: 'kind', iss: 'device', aud: 'consortium' };

export async function openJWS(raw, jwk) {
  const key = createPublicKey({ key: { ...jwk, d: undefined }, format: 'jwk' });
  const { payload, protectedHeader } = await compactVerify(raw, key, { algorithms: ['EdDSA'] });
  const names = Object.keys(protectedHeader);
  if (names.length !== Object.keys(STATEMENT).length || !names.every((name) => name in STATEMENT)) throw new Error('another header');
  return { header: Object.fromEntries(names.map((name) => [STATEMENT[name], protectedHeader[name]])), payload: Buffer.from(payload) };
}

// openCOSE compares the protected header with the one that its parts make.
export function openCOSE(raw, jwk) {
  const { tag, value: [head, unprotected, payload, signature] } = decode(raw);
  const labels = decode(head);
  const statement = { algorithm: 'EdDSA', kind: labels.get(3).replace(/^application\//, ''), keyID: labels.get(4).toString(), device: labels.get(15).get(1), consortium: labels.get(15).get(3) };
  if (tag !== 18 || unprotected.size !== 0 || !head.equals(protectedHeaderOf(statement))) throw new Error('another header');
  if (!verifyCOSE(jwk, signatureStructure(head, payload), signature)) throw new Error('another signature');
  return { header: statement, payload };
}
