// Puts the audits of GraphQL over HTTP to a server; prints what each found, as JSON.
// Its input says whom to ask: {"url", "key"}.
import { text } from "node:stream/consumers";
import { serverAudits } from "graphql-http";

const { url, key } = JSON.parse(await text(process.stdin));

// The audits know no keys; without one every request is refused before it is read.
const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, "X-STOREFRONT-KEY": key } });

async function run({ id, name, fn }) {
  const { status, reason, response } = await fn();
  const found = { id, name, passed: status === "ok" };
  if (!response) return found;
  const type = response.headers.get("content-type");
  const body = response.bodyUsed ? "" : await response.text();
  return { ...found, reason, answer: `${response.status} ${type} ${body}` };
}

const found = await Promise.all(serverAudits({ url, fetchFn }).map(run));
console.log(JSON.stringify(found));
