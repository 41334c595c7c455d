// What became of a message (docs/device-protocol.md, section 16): the question, and the bridge's answer.

import { openCOSE, openJWS } from './envelope.mjs';
import { ID, isNumber, isText, LAST_SECOND, readObject } from './strict.mjs';

const DIGEST = /^[0-9a-f]{32}$/;
const TRANSACTION = /^[0-9a-f]{64}$/;
const COMMIT = 'vnd.waymark.commit+json';

export const writeInquiry = (number) => JSON.stringify({ number });

// readCommit returns what the payload of a commit receipt says, or throws.
export function readCommit(text) {
  const r = readObject(text, 'device', 'number', 'state', 'digest', 'tx_id', 'block', 'code', 'at');
  const absent = (...names) => names.every((name) => !(name in r));
  const holds = {
    recorded: () => isText(r.digest, DIGEST) && isText(r.tx_id, TRANSACTION) && isNumber(r.block, 1) && absent('code'),
    quarantined: () => isText(r.digest, DIGEST) && isText(r.code, ID) && absent('tx_id', 'block'),
    unreadable: () => isText(r.digest, DIGEST) && isText(r.code, ID) && absent('tx_id', 'block'),
    unknown: () => absent('digest', 'tx_id', 'block', 'code'),
  };
  if (!isText(r.device, ID) || !isNumber(r.number, 1) || !isNumber(r.at, 1, LAST_SECOND) || !Object.hasOwn(holds, r.state) || !holds[r.state]()) {
    throw new Error('commit receipt: a member is missing, or not what it must be');
  }
  return r;
}

// hearCommit returns what a bridge says to a device, as its bytes came on the topic down. The bridge is {iss, kid, jwk}, as
// `mqtt-bridge key` prints it. It throws for what that bridge has not signed, or not for this device: pass over it.
export async function hearCommit(raw, bridge, { id, consortium }) {
  const open = raw.subarray(0, 2).toString() === 'ey' ? openJWS : openCOSE;
  const { header, payload } = await open(raw, bridge.jwk);
  const r = readCommit(payload.toString('utf8'));
  if (header.kind !== COMMIT || header.device !== bridge.iss || header.keyID !== bridge.kid || header.consortium !== consortium || r.device !== id) {
    throw new Error('it is no commit receipt of this bridge for this device');
  }
  return r;
}

// frees says whether a message may be forgotten: the ledger has it, or another of its number, so that this one is refused for
// good; or the bridge's operator has it, with the reason. Any other is to be published again, and asked for again.
export function frees(receipt, { sequence, digest }) {
  if (receipt.number !== sequence) return false;
  return receipt.state === 'recorded' || (receipt.state === 'quarantined' && digest.toString('hex').startsWith(receipt.digest));
}
