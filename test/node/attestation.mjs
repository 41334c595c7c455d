// Attestations (docs/device-protocol.md, section 15): what a device says at a handoff.

const ID = /^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$/;
const NONCE = /^[0-9a-f]{32}$/;
const STATES = ['intact', 'broken', 'missing', 'applied'];
const LAST_SECOND = 253402300799;
const MAX_SEALS = 64;

function expect(holds, what) {
  if (!holds) throw new Error(`attestation: ${what}`);
}

const isText = (v, pattern) => typeof v === 'string' && pattern.test(v);
const isNumber = (v, least, most = Number.MAX_SAFE_INTEGER) => Number.isInteger(v) && v >= least && v <= most;

function hasOnly(object, ...names) {
  return typeof object === 'object' && object !== null && !Array.isArray(object) && Object.keys(object).every((name) => names.includes(name));
}

// readAttestation returns what a payload says, with seals always there. JSON.parse takes
// the last of two members of one name and forgets how a number was written: so what it
// read must have as many quotes as the text, and no number of the text a point or exponent.
export function readAttestation(text) {
  expect(text.startsWith('{'), 'the first byte must be the brace');
  const a = JSON.parse(text);
  expect(hasOnly(a, 'shipment', 'handoff', 'nonce', 'last', 'seals', 'at'), 'unknown members');
  const seals = a.seals === undefined ? [] : a.seals;
  const quotes = (s) => s.split('"').length;
  expect(quotes(text) === quotes(JSON.stringify(a)) && !/[0-9][.eE]/.test(text.replace(/"[^"]*"/g, '')), 'a member twice, or a number not in digits');
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
