/**
 * A new idempotency key. Make one when a form opens, and send it again with each retry of the same
 * submit. crypto.randomUUID is not there on plain HTTP; getRandomValues is.
 */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
