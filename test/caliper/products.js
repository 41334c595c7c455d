// A workload module of Hyperledger Caliper: registers products, or asks for those that were registered.
// Arguments of a round: contract, member, identity, first (the number of its first product), count (of them), read.
'use strict';

const { WorkloadModuleBase } = require('@hyperledger/caliper-core');

// gtin is a number of 14 digits, the last its check digit (GS1 General Specifications, 7.9.1).
function gtin(number) {
  const digits = String(number).padStart(13, '0');
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += Number(digits[i]) * (i % 2 === 0 ? 3 : 1);
  return digits + ((10 - (sum % 10)) % 10);
}

class Products extends WorkloadModuleBase {
  constructor() {
    super();
    this.made = 0;
  }

  // Workers take turns, so that no product is registered twice.
  async submitTransaction() {
    const { contract, member, identity, first, count, read } = this.roundArguments;
    const nth = this.made++ * this.totalWorkers + this.workerIndex;
    const product = { gtin: gtin(first + (nth % count)) };
    if (!read) product.name = 'vaccine';
    await this.sutAdapter.sendRequests({
      contractId: contract,
      contractFunction: read ? 'goods:Product' : 'goods:RegisterProduct',
      contractArguments: [JSON.stringify(product)],
      invokerMspId: member,
      invokerIdentity: identity,
      readOnly: read,
    });
  }
}

module.exports.createWorkloadModule = () => new Products();
