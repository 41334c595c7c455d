// A member's gateway over HTTPS.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const TIMEOUT = 30_000;

export class Gateway {
  constructor(member, role) {
    this.base = member.gateway_url;
    this.ca = readFileSync(member.ca_file);
    this.token = member.tokens[role];
  }

  call(method, path, body) {
    const options = {
      method, ca: this.ca, timeout: TIMEOUT,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
    };
    return new Promise((resolve, reject) => {
      const req = request(this.base + path, options, (res) => {
        const chunks = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (res.statusCode < 400) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${res.statusCode} ${text}`));
        });
      });
      req.on('timeout', () => req.destroy(new Error(`${method} ${path}: no answer in ${TIMEOUT} ms`)));
      req.on('error', reject);
      req.end(body && JSON.stringify(body));
    });
  }
}
