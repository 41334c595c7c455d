// As much CBOR (RFC 8949) as a device needs: integers, booleans, bytes, texts, arrays, maps
// and tags, all with definite lengths and the shortest heads.

export class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

function head(major, n) {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  const bytes = n < 2 ** 8 ? 1 : n < 2 ** 16 ? 2 : n < 2 ** 32 ? 4 : 8;
  const b = Buffer.alloc(1 + bytes);
  b[0] = (major << 5) | (24 + Math.log2(bytes));
  if (bytes === 8) b.writeBigUInt64BE(BigInt(n), 1);
  else b.writeUIntBE(n, 1, bytes);
  return b;
}

// encode takes safe integers, booleans, Buffers, texts, arrays, Maps and Tagged. Maps
// keep the order they have.
export function encode(v) {
  if (typeof v === 'boolean') return Buffer.from([v ? 0xf5 : 0xf4]);
  if (Number.isSafeInteger(v)) return v >= 0 ? head(0, v) : head(1, -1 - v);
  if (v instanceof Uint8Array) return Buffer.concat([head(2, v.length), v]);
  if (typeof v === 'string') return Buffer.concat([head(3, Buffer.byteLength(v)), Buffer.from(v)]);
  if (Array.isArray(v)) return Buffer.concat([head(4, v.length), ...v.map(encode)]);
  if (v instanceof Map) return Buffer.concat([head(5, v.size), ...[...v].flat().map(encode)]);
  if (v instanceof Tagged) return Buffer.concat([head(6, v.tag), encode(v.value)]);
  throw new TypeError(`cannot encode ${v}`);
}

// decode is the inverse of encode for exactly one item.
export function decode(bytes) {
  const [value, rest] = item(Buffer.from(bytes));
  if (rest.length > 0) throw new RangeError('there are bytes after the item');
  return value;
}

function item(b) {
  const major = b[0] >> 5;
  const info = b[0] & 31;
  if (b.length === 0 || info > 27) throw new RangeError('not definite CBOR');
  const size = info < 24 ? 0 : 1 << (info - 24);
  if (b.length < 1 + size) throw new RangeError('cut');
  const n = size === 0 ? info : size === 8 ? Number(b.readBigUInt64BE(1)) : b.readUIntBE(1, size);
  let rest = b.subarray(1 + size);
  const take = () => {
    const [value, after] = item(rest);
    rest = after;
    return value;
  };
  switch (major) {
    case 0:
      return [n, rest];
    case 1:
      return [-1 - n, rest];
    case 2:
    case 3: {
      if (rest.length < n) throw new RangeError('cut');
      const content = rest.subarray(0, n);
      return [major === 2 ? content : content.toString('utf8'), rest.subarray(n)];
    }
    case 4: {
      const list = [];
      for (let i = 0; i < n; i++) list.push(take());
      return [list, rest];
    }
    case 5: {
      const map = new Map();
      for (let i = 0; i < n; i++) map.set(take(), take());
      return [map, rest];
    }
    case 6:
      return [new Tagged(n, take()), rest];
    default:
      throw new RangeError('floats and simple values are not used here');
  }
}
