// Reading JSON as strictly as the protocol wants it.

export const ID = /^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$/;
export const LAST_SECOND = 253402300799;

export const isText = (v, pattern) => typeof v === 'string' && pattern.test(v);
export const isNumber = (v, least, most = Number.MAX_SAFE_INTEGER) => Number.isInteger(v) && v >= least && v <= most;

export function hasOnly(object, ...names) {
  return typeof object === 'object' && object !== null && !Array.isArray(object) && Object.keys(object).every((name) => names.includes(name));
}

// readObject returns an object with no members but these. JSON.parse takes the last of two members of one name and forgets
// how a number was written: so what it read must have as many quotes as the text, and no number of the text a point or exponent.
export function readObject(text, ...names) {
  if (!text.startsWith('{')) throw new Error('the first byte must be the brace');
  const object = JSON.parse(text);
  if (!hasOnly(object, ...names)) throw new Error('unknown members');
  const quotes = (s) => s.split('"').length;
  if (quotes(text) !== quotes(JSON.stringify(object)) || /[0-9][.eE]/.test(text.replace(/"[^"]*"/g, ''))) {
    throw new Error('a member twice, or a number not in digits');
  }
  return object;
}
