// A handoff on the word of a device: its owner ships an item under a seal, the device
// witnesses and attests, and the carrier accepts.

import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './gateway.mjs';

const PRODUCT = '09506000134352';
const SEAL = 'SEAL-7';
const PATIENCE = 60_000;

// settled waits until every member's peer has a transaction.
async function settled(network, { transaction }) {
  for (const member of Object.values(network.members)) {
    const viewer = new Gateway(member, 'viewer');
    for (const until = Date.now() + PATIENCE; ; await sleep(100)) {
      try {
        await viewer.call('GET', `/v1/transactions/${transaction.tx_id}`);
        break;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
  }
}

// attach creates a shipment of an attested and sealed item and makes the device witness it.
export async function attach(network, owner, device) {
  const as = (role) => new Gateway(network.members[owner], role);
  const write = async (role, path, body) => settled(network, await as(role).call('POST', path, body));
  const [id, item] = [`${device.id}-shipment`, `https://id.gs1.org/01/${PRODUCT}/21/${device.id}`];
  await write('admin', '/v1/products', { gtin: PRODUCT, name: 'vaccine' });
  await write('operator', '/v1/goods:commission', { items: [item] });
  await write('operator', '/v1/shipments', { id, consignee: 'retailer', goods: [{ id: item }], conditions: [], attested: true, seals: [SEAL] });
  await write('operator', `/v1/shipments/${id}/devices`, { device: device.id });
  return id;
}

// handOver offers the shipment to another member, which accepts it on the device's word.
export async function handOver(network, owner, to, shipment, device) {
  const offered = await new Gateway(network.members[owner], 'operator').call('POST', `/v1/shipments/${shipment}/handoffs`,
    { to, expires_at: new Date(Date.now() + 3_600_000).toISOString() });
  await settled(network, offered);
  const attestation = await device.attestation(shipment, offered.result, [{ id: SEAL, state: 'intact' }]);
  const accepted = await new Gateway(network.members[to], 'operator').call('POST', `/v1/shipments/${shipment}/handoffs/${offered.result.number}/accept`,
    { attestations: [attestation] });
  return accepted.result;
}
