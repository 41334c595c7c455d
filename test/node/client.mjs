// Registers a device, publishes signed packs over MQTT and keeps each until the bridge has signed that the ledger
// has it, then attests a handoff: once with JWS and Ed25519, once with COSE and ECDSA P-256.
//
//   node client.mjs [endpoints.json [bridge.json]]
//
// bridge.json is what `mqtt-bridge key` prints.

import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { hearCommit } from './commit.mjs';
import { Device } from './device.mjs';
import { Gateway } from './gateway.mjs';
import { attach, handOver } from './handoff.mjs';

const OWNER = 'producer';
const PACKS = 3;
const PATIENCE = 60_000;
const ASK_AGAIN = 120_000;

// connect tries until the broker takes the device: its registration may be news
// to the bridge.
async function connect(network, device) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await mqtt.connectAsync(network.mqtt.url.replace(/^ssl:/, 'mqtts:'), {
        protocolVersion: 4, clean: true, keepalive: 30, reconnectPeriod: 0, connectTimeout: 10_000,
        ca: readFileSync(network.mqtt.ca_file), clientId: device.id, username: device.id, password: await device.password(),
      }, false);
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(1000);
    }
  }
}

// settle publishes what waits, in order, and asks for each message, the oldest first, until all are freed.
async function settle(client, device, bridge) {
  const up = (raw) => client.publishAsync(`waymark/v1/${device.id}/up`, raw, { qos: 1 });
  for (const message of device.waiting) await up(message.raw);
  console.log(`${device.id}: ${device.waiting.length} messages acknowledged`);
  while (device.waiting.length > 0) {
    const [oldest] = device.waiting;
    const answer = heard(client, device, bridge, oldest.sequence); // listens from here on
    const [receipt] = await Promise.all([answer, device.inquiry(oldest.sequence).then(up)]);
    device.free(receipt);
    console.log(`${device.id}: message ${receipt.number} is ${receipt.state}`);
    if (device.waiting[0] === oldest) await up(oldest.raw);
  }
}

// heard is the commit receipt about a message. What else comes down, or is of somebody else, is passed over. Without an answer it is as
// one that says that nothing is known.
async function heard(client, device, bridge, number) {
  try {
    for await (const [, payload] of on(client, 'message', { signal: AbortSignal.timeout(ASK_AGAIN) })) {
      const receipt = await hearCommit(payload, bridge, device).catch((error) => console.error(`${device.id}: passed over: ${error.message}`));
      if (receipt?.number === number) return receipt;
    }
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
  }
  return { number, state: 'unknown' };
}

async function run(network, bridge, settings) {
  const device = new Device({ id: `node-${randomBytes(4).toString('hex')}`, owner: OWNER, consortium: network.consortium, ...settings });
  const operator = new Gateway(network.members[OWNER], 'operator');
  const registered = await operator.call('POST', '/v1/devices', { registration: await device.registration(), activate: true });
  console.log(`${device.id}: ${registered.result.state}, ${settings.format} with ${settings.algorithm}, block ${registered.transaction.block_number}`);

  const shipment = await attach(network, OWNER, device);
  const client = await connect(network, device);
  await client.subscribeAsync(`waymark/v1/${device.id}/down`, { qos: 0 });
  let last;
  for (let i = 0; i < PACKS; i++) last = await device.pack(425 + i, 61);
  await settle(client, device, bridge);
  await client.endAsync();

  const stream = await recorded(operator, device, last.sequence);
  if (stream.gaps.length > 0 || stream.digest !== last.digest.toString('base64')) {
    throw new Error(`the stream is not the device's: ${JSON.stringify(stream)}`);
  }
  console.log(`${device.id}: on the ledger up to ${stream.last}, digest ${last.digest.toString('hex')}`);

  const handoff = await handOver(network, OWNER, 'carrier', shipment, device);
  if (handoff.condition !== 'conformant' || handoff.attestations[0].device !== device.id) {
    throw new Error(`the handoff is not on the device's word: ${JSON.stringify(handoff)}`);
  }
  console.log(`${device.id}: its word counts, ${handoff.to} has accepted`);
}

async function recorded(operator, device, sequence) {
  for (const until = Date.now() + PATIENCE; ; await sleep(200)) {
    const stream = await operator.call('GET', `/v1/devices/${device.id}/stream`);
    if (stream.last >= sequence) return stream;
    if (Date.now() > until) throw new Error(`the ledger has ${stream.last} of ${sequence} messages after ${PATIENCE} ms`);
  }
}

const file = process.argv[2] ?? process.env.WAYMARK_ENDPOINTS ?? '../../.waymark/endpoints.json';
const network = JSON.parse(readFileSync(file, 'utf8'));
const bridge = JSON.parse(readFileSync(process.argv[3] ?? process.env.WAYMARK_BRIDGE ?? '../../.waymark/bridge.json', 'utf8'));
for (const settings of [{ format: 'jws', algorithm: 'EdDSA' }, { format: 'cose', algorithm: 'ES256' }]) {
  await run(network, bridge, settings);
}
