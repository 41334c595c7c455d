// Registers a device, publishes signed packs over MQTT and waits until the ledger
// has them, then attests a handoff: once with JWS and Ed25519, once with COSE and ECDSA P-256.
//
//   node client.mjs [endpoints.json]

import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { Device } from './device.mjs';
import { Gateway } from './gateway.mjs';
import { attach, handOver } from './handoff.mjs';

const OWNER = 'producer';
const PACKS = 3;
const PATIENCE = 60_000;

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

async function run(network, settings) {
  const device = new Device({ id: `node-${randomBytes(4).toString('hex')}`, owner: OWNER, consortium: network.consortium, ...settings });
  const operator = new Gateway(network.members[OWNER], 'operator');
  const registered = await operator.call('POST', '/v1/devices', { registration: await device.registration(), activate: true });
  console.log(`${device.id}: ${registered.result.state}, ${settings.format} with ${settings.algorithm}, block ${registered.transaction.block_number}`);

  const shipment = await attach(network, OWNER, device);
  const client = await connect(network, device);
  await client.subscribeAsync(`waymark/v1/${device.id}/down`, { qos: 0 });
  let last;
  for (let i = 0; i < PACKS; i++) {
    last = await device.pack(425 + i, 61);
    await client.publishAsync(`waymark/v1/${device.id}/up`, last.raw, { qos: 1 });
  }
  await client.endAsync();
  console.log(`${device.id}: ${PACKS} messages acknowledged`);

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
for (const settings of [{ format: 'jws', algorithm: 'EdDSA' }, { format: 'cose', algorithm: 'ES256' }]) {
  await run(network, settings);
}
